import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, contentHash, shortHash } from '../../src/core/hash.ts'
import { cases } from './property.ts'

describe('canonical JSON', () => {
  it('is the same whatever the order of keys, at any depth', () => {
    expect(canonicalJson({ b: 1, a: { d: [{ f: 1, e: 2 }], c: 3 } })).toBe(
      '{"a":{"c":3,"d":[{"e":2,"f":1}]},"b":1}',
    )
  })

  it('keeps the order of lists', () => {
    expect(canonicalJson([2, 1])).toBe('[2,1]')
    expect(contentHash([2, 1])).not.toBe(contentHash([1, 2]))
  })

  it('says what JSON says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      cases(300),
    )
  })
})

describe('a hash', () => {
  it('is short, fit for names, and always the same', () => {
    expect(shortHash('v1')).toBe('15588ko')
    fc.assert(
      fc.property(fc.string(), (text) => /^[0-9a-z]{7}$/.test(shortHash(text))),
      cases(300),
    )
  })

  it('of content tells different values apart, and equal ones not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(contentHash(a)).toHaveLength(14)
        expect(contentHash(a) === contentHash(b)).toBe(canonicalJson(a) === canonicalJson(b))
      }),
      cases(500),
    )
  })
})
