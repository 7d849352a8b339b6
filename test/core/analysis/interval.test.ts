import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intervalOf } from '../../../src/core/analysis/interval.ts'
import { binomial, seeded } from './random.ts'

describe('the interval of a share', () => {
  test('holds the share that was seen', () => {
    const counts = fc
      .integer({ min: 1, max: 100_000 })
      .chain((total) => fc.record({ total: fc.constant(total), bad: fc.nat({ max: Math.floor(total / 2) }) }))
    fc.assert(
      fc.property(counts, fc.double({ min: 1, max: 20, noNaN: true }), (seen, phi) => {
        const { low, high } = intervalOf(seen, phi)
        expect(low).toBeLessThanOrEqual(seen.bad / seen.total)
        expect(high).toBeGreaterThanOrEqual(seen.bad / seen.total)
      }),
    )
  })

  test('holds the true share at all of 100 looks in at least 95 % of runs', () => {
    const random = seeded(7)
    const missed = Array.from({ length: 400 }, () => {
      let [total, bad] = [0, 0]
      return Array.from({ length: 100 }, () => {
        total += 100
        bad += binomial(random, 100, 0.02)
        const { low, high } = intervalOf({ total, bad }, 1)
        return low > 0.02 || high < 0.02
      }).some(Boolean)
    }).filter(Boolean)
    expect(missed.length).toBeLessThanOrEqual(20)
  })

  test('narrows with requests, and widens with bursts', () => {
    const width = (total: number, phi = 1) => {
      const { low, high } = intervalOf({ total, bad: total / 50 }, phi)
      return high - low
    }
    expect(width(100)).toBeGreaterThan(2 * width(1000))
    expect(width(1000, 4)).toBeGreaterThan(1.5 * width(1000))
  })

  test('of no requests is everything', () => {
    expect(intervalOf({ total: 0, bad: 0 }, 1)).toEqual({ low: 0, high: 1 })
  })
})
