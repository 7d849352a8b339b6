import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf } from '../../../src/adapters/prometheus/key.ts'

const of = (metric: Readonly<Record<string, string>>) => keyOf({ metric })

describe('the key of a series', () => {
  it('is the same in whatever order the labels come', () => {
    const labels = fc.dictionary(fc.string(), fc.string())
    fc.assert(
      fc.property(labels, (metric) => {
        expect(of(Object.fromEntries(Object.entries(metric).toReversed()))).toBe(of(metric))
      }),
    )
  })

  it('differs when any label does, however alike they look', () => {
    const alike = [
      {},
      { a: '' },
      { a: 'b' },
      { b: 'a' },
      { a: 'b', b: 'a' },
      { a: 'a', b: 'b' },
      { a: 'bb' },
      { ab: 'b' },
      { a: 'b', c: 'd' },
      { a: 'd', c: 'b' },
    ]
    expect(new Set(alike.map(of)).size).toBe(alike.length)
  })

  it('is one for each of a hundred thousand series', () => {
    const keys = Array.from({ length: 100_000 }, (_, index) =>
      of({ le: String(index % 100), pod: `reviews-${Math.floor(index / 100)}`, job: 'pods' }),
    )
    expect(new Set(keys).size).toBe(keys.length)
  })
})
