import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { webNumber } from '../../../src/adapters/web/answers.ts'
import { cases } from '../../core/property.ts'

const read = (body: string, path = '$.a', status = 200) => webNumber({ status, body }, path)
const bad = (reason: string) => ({ kind: 'Bad', reason })

describe('the number in an answer', () => {
  it.each([
    ['{"a": 0.5}', '$.a', 0.5],
    ['{"a": "0.5"}', '$.a', 0.5],
    ['-3', '$', -3],
    ['[1, [2, 3]]', '$[1][-1]', 3],
    ['{"a b": {"c": 1e3}}', "$['a b'].c", 1000],
  ])('of %s at %s is %d', (body, path, value) => {
    expect(read(body, path)).toEqual({ kind: 'Number', value })
  })

  it.each([
    ['{"a": null}', '$.a'],
    ['{}', '$.a'],
    ['{"a": null}', '$.a.b'],
    ['[]', '$[0]'],
    ['null', '$'],
    ['{}', '$.constructor'],
    ['{}', '$.__proto__'],
  ])('of %s at %s is no data', (body, path) => {
    expect(read(body, path)).toEqual({ kind: 'NoData' })
  })

  it.each([
    ['{"a": "high"}', '$.a', '$.a is "high", not a number'],
    ['{"a": "NaN"}', '$.a', '$.a is "NaN", not a number'],
    ['{"a": "Infinity"}', '$.a', '$.a is "Infinity", not a number'],
    ['{"a": " "}', '$.a', '$.a is " ", not a number'],
    ['{"a": 1e400}', '$.a', '$.a is too large a number'],
    ['{"a": true}', '$.a', '$.a is true, not a number'],
    ['{"a": [1]}', '$.a', '$.a is a list, not a number'],
    ['{"a": {}}', '$.a', '$.a is an object, not a number'],
    ['{"a": NaN}', '$.a', 'it is no JSON'],
    ['{"a": 1', '$.a', 'it is no JSON'],
    ['', '$.a', 'it is no JSON'],
    ['<!doctype html>', '$.a', 'it is a page of HTML'],
    ['{"a": 1}', '$.a.b', '$.a.b leads through entry 1, which has no "b"'],
    ['[1]', '$.a', '$.a leads through a list, which has no "a"'],
    ['{"a": 1}', '$[0]', '$[0] leads through an object, which has no entry 0'],
    ['"text"', '$.length', '$.length leads through "text", which has no "length"'],
  ])('of %s at %s is bad', (body, path, reason) => {
    expect(read(body, path)).toEqual(bad(reason))
  })

  it.each([
    [404, bad('it answered 404')],
    [401, bad('it answered 401')],
    [500, { kind: 'ProviderError', reason: 'it answered 500' }],
    [429, { kind: 'ProviderError', reason: 'it answered 429' }],
    [204, { kind: 'NoData' }],
    [302, bad('it is sent on to another place (302), and redirects are not followed')],
  ])('is not read from an answer of status %i', (status, reading) => {
    expect(read('{"a": 1}', '$.a', status)).toEqual(reading)
  })

  it('is always a finite one, whatever came', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('$', '$.a', '$[0]', '$[0].a', "$['']"), (body, path) => {
        const reading = read(body, path)
        if (reading.kind === 'Number') expect(reading.value).toSatisfy(Number.isFinite)
        else expect(['NoData', 'Bad']).toContain(reading.kind)
      }),
      cases(500),
    )
  })
})
