import { describe, expect, it } from 'vitest'
import type { MetricHttp } from '../../../../src/core/analysis/query/web.ts'
import { questionOf, unknownIn } from '../../../../src/core/analysis/query/source.ts'

const VALUES = new Map([
  ['service', 'reviews'],
  ['canary', 'v"2'],
])
const http: MetricHttp = {
  url: 'http://a/{{ canary }}',
  method: 'GET',
  headers: [{ name: 'A', value: '{{ one }}' }],
  headersFrom: [],
  jsonPath: '$',
}

describe('the question of a metric', () => {
  it('is its query', () => {
    expect(questionOf({ query: 'm{v="{{ canary }}"}' }, VALUES)).toEqual({
      kind: 'Query',
      query: String.raw`m{v="v\"2"}`,
    })
  })

  it('is the two selectors of its counts', () => {
    const counts = { bad: 'b{s="{{ service }}"}', total: 't{s="{{ service }}"}', versionLabel: 'version' }
    expect(questionOf({ counts }, VALUES)).toEqual({
      kind: 'Counts',
      counts: { bad: 'b{s="reviews"}', total: 't{s="reviews"}', versionLabel: 'version' },
    })
  })

  it('is its request', () => {
    const question = questionOf({ http: { ...http, headers: [] } }, VALUES)
    expect(question).toMatchObject({ kind: 'Http', http: { url: 'http://a/v%222' } })
  })

  it('is none without a source', () => {
    expect(() => questionOf({}, VALUES)).toThrow(RangeError)
  })
})

describe('parameters that nobody gives a value', () => {
  it('are found wherever they stand', () => {
    expect(unknownIn({ query: '{{ a }}' }, [])).toEqual(['a'])
    expect(unknownIn({ counts: { bad: '{{ a }}', total: '{{ b }}', versionLabel: 'v' } }, [])).toEqual([
      'a',
      'b',
    ])
    expect(unknownIn({ http: { ...http, body: '"{{ two }}"' } }, [])).toEqual(['two', 'one'])
  })
})
