import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ParameterError } from '../../../../src/core/analysis/query/parameters.ts'
import { filledHttp } from '../../../../src/core/analysis/query/web.ts'
import type { MetricHttp } from '../../../../src/core/analysis/query/web.ts'
import { cases } from '../../property.ts'

const REQUEST: MetricHttp = {
  url: 'https://a.example.com/{{ args.x }}/rate?v={{ args.x }}&w=1',
  method: 'POST',
  headers: [],
  headersFrom: [],
  jsonPath: '$.rate',
}
const fill = (x: string, request: Partial<MetricHttp> = {}) =>
  filledHttp({ ...REQUEST, ...request }, new Map([['args.x', x]]))

const text = fc.string({ unit: 'binary', maxLength: 30 }).filter((one) => one.isWellFormed())

describe('a parameter in a URL', () => {
  it('never changes host, number of folders and names of the query, and is read as it was given', () => {
    fc.assert(
      fc.property(text, (value) => {
        fc.pre(!['.', '..'].includes(value))
        const url = new URL(fill(value).url)
        expect(url.host).toBe('a.example.com')
        expect(url.pathname.split('/').map((part) => decodeURIComponent(part))).toEqual(['', value, 'rate'])
        expect([...url.searchParams]).toEqual([
          ['v', value],
          ['w', '1'],
        ])
      }),
      cases(1000),
    )
  })

  it.each(['.', '..'])('can not be %s, which is a way to another folder', (value) => {
    expect(() => fill(value)).toThrow('has a part of its path that means the folder itself or the one above')
  })

  it('can not be put together to one either', () => {
    expect(() => fill('.', { url: 'https://a.example.com/x/.{{ args.x }}/rate' })).toThrow(ParameterError)
  })

  it('may name the host', () => {
    expect(fill('shop', { url: 'http://reviews.{{ args.x }}.svc:8080' }).url).toBe(
      'http://reviews.shop.svc:8080/',
    )
  })

  it.each(['a@b', 'a/b', 'a:80', 'a#', 'a?b', 'a\\b', '', 'a b', '%61'])(
    'can not be %j in the host',
    (value) => {
      expect(() => fill(value, { url: 'http://{{ args.x }}/' })).toThrow(ParameterError)
    },
  )

  it.each(['http://user@a.example.com/', 'http://user:{{ args.x }}@a.example.com/'])(
    'stands in no URL with a user: %s',
    (url) => {
      expect(() => fill('x', { url })).toThrow('has a user or password')
    },
  )
})

describe('a parameter in a body', () => {
  it('is read as it was given, and nothing else changes', () => {
    fc.assert(
      fc.property(text, (value) => {
        const body = '{"a": ["{{ args.x }}", 1], "b": {"c": "<{{ args.x }}>", "d": null}}'
        const expected = { a: [value, 1], b: { c: `<${value}>`, d: null } }
        expect(JSON.parse(fill(value, { body }).body ?? '')).toEqual(expected)
      }),
      cases(500),
    )
  })

  it.each(['{"a": {{ args.x }} }', '<a>{{ args.x }}</a>', ''])(
    'is refused where the body is no JSON: %s',
    (body) => {
      expect(() => fill('1', { body })).toThrow('the body is no JSON')
    },
  )

  it('is refused in a key', () => {
    expect(() => fill('1', { body: '{"{{ args.x }}": 1}' })).toThrow('can not stand in a key of the body')
  })
})

describe('a parameter in a header', () => {
  const header = [{ name: 'X-Version', value: 'v={{ args.x }}' }]

  it('is taken as it is', () => {
    expect(fill('a"b', { headers: header }).headers).toEqual([{ name: 'X-Version', value: 'v=a"b' }])
  })

  it.each(['a\r\nHost: b', 'a\nb', 'a\0', 'ä', '\u007f'])('can not be %j', (value) => {
    expect(() => fill(value, { headers: header })).toThrow('must be printable ASCII without line breaks')
  })

  it('is of a header that is there once', () => {
    const headersFrom = [{ name: 'x-version', secretKeyRef: { name: 'a', key: 'b' } }]
    expect(() => fill('a', { headers: header, headersFrom })).toThrow('the header x-version is there twice')
  })
})
