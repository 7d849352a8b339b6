import { describe, expect, it } from 'vitest'
import { unknownParameters, valuesOf } from '../../../../src/core/analysis/query/parameters.ts'

const BUILT_IN = { namespace: 'shop', service: 'reviews', stable: 'v1', canary: 'v2', window: '1m' }
const DECLARED = [{ name: 'country', default: 'DE' }, { name: 'survey' }]

describe('the values of parameters', () => {
  it('are those of every query, what was given, and defaults for the rest', () => {
    const values = valuesOf(BUILT_IN, DECLARED, [{ name: 'survey', value: 'nps' }])
    expect(Object.fromEntries(values)).toEqual({ ...BUILT_IN, 'args.country': 'DE', 'args.survey': 'nps' })
  })

  it('are the ones that were given rather than the defaults', () => {
    const given = [
      { name: 'survey', value: '' },
      { name: 'country', value: 'FR' },
    ]
    expect(valuesOf(BUILT_IN, DECLARED, given).get('args.country')).toBe('FR')
  })

  it('never hide one that every query has', () => {
    const values = valuesOf(BUILT_IN, [{ name: 'canary', default: 'v9' }], [])
    expect(values.get('canary')).toBe('v2')
  })

  it('are not filled in themselves, so that a cycle ends where it begins', () => {
    const cycle = [{ name: 'a', default: '{{ args.a }}' }]
    expect(valuesOf(BUILT_IN, cycle, []).get('args.a')).toBe('{{ args.a }}')
  })

  it('are refused when an argument is missing, and when one is unknown, all at once', () => {
    const given = [{ name: 'contry', value: 'FR' }]
    expect(() => valuesOf(BUILT_IN, DECLARED, given)).toThrow(
      'the argument "survey" is missing, and has no default; there is no argument "contry"; the template has country, survey',
    )
    expect(() => valuesOf(BUILT_IN, [], given)).toThrow('there is no argument "contry"; it takes none')
  })

  it('are refused when they are too long, or no proper text', () => {
    const of = (value: string) => () => valuesOf(BUILT_IN, DECLARED, [{ name: 'survey', value }])
    expect(of('x'.repeat(10_240))).toThrow(
      'the argument "survey" has 10240 characters, at most 1024 are allowed',
    )
    expect(of('\ud800')).toThrow('the argument "survey" is no proper text')
  })
})

describe('unknown parameters', () => {
  it('are those that neither every query has nor the template declares', () => {
    const texts = [
      'm{a="{{ canary }}", b="{{ args.country }}"}',
      '{{ args.city }} {{ cannary }} {{ args.city }}',
    ]
    expect(unknownParameters(texts, DECLARED)).toEqual(['args.city', 'cannary'])
  })
})
