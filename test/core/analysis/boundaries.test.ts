import { describe, expect, test } from 'vitest'
import { boundariesOf } from '../../../src/core/analysis/boundaries.ts'

/** Cumulative buckets of 100,000 requests, by boundary. */
const buckets = (cumulative: Record<number, number>) => [
  ...Object.entries(cumulative).map(([le, count]) => ({ le: Number(le), count })),
  { le: Infinity, count: 100_000 },
]

describe('boundaries of a comparison', () => {
  test('are those that 0.1 % to 50 % of stable exceed, and the next one above', () => {
    const chosen = boundariesOf(
      buckets({ 5: 1000, 10: 60_000, 25: 90_000, 50: 99_000, 100: 99_950, 250: 100_000 }),
    )
    expect(chosen).toEqual([10, 25, 50, 100])
  })

  test('are at most five, spread over all, the first and the last among them', () => {
    const chosen = boundariesOf(
      buckets({
        1: 55_000,
        5: 65_000,
        10: 75_000,
        25: 85_000,
        50: 95_000,
        100: 98_000,
        250: 99_500,
        500: 99_999,
      }),
    )
    expect(chosen).toHaveLength(5)
    expect([chosen?.[0], chosen?.at(-1)]).toEqual([1, 500])
  })

  test('of a service that is always faster than the first boundary are that one', () => {
    expect(boundariesOf(buckets({ 5: 100_000, 10: 100_000 }))).toEqual([5])
  })

  test('are unknown while hardly anything is known of stable', () => {
    expect(
      boundariesOf([
        { le: 5, count: 100 },
        { le: Infinity, count: 199 },
      ]),
    ).toBeUndefined()
    expect(boundariesOf([])).toBeUndefined()
  })
})
