import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exceedance, hasBoundary, quantile, sumOfBuckets } from '../../../src/core/analysis/histogram.ts'
import type { Bucket } from '../../../src/core/analysis/histogram.ts'
import { vectors } from './vectors.ts'

const toBuckets = (bounds: readonly number[], cumulative: readonly number[]): Bucket[] =>
  [...bounds, Infinity].map((le, index) => ({ le, count: cumulative[index] ?? NaN }))

/** Values in milliseconds, and the histogram that they make. */
const BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1000]
const latencies = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 200 })
const histogramOf = (values: readonly number[]): Bucket[] =>
  [...BOUNDS, Infinity].map((le) => ({ le, count: values.filter((value) => value <= le).length }))

describe('requests slower than a threshold', () => {
  test.each(vectors.histograms)('vector $id', ({ bounds, cumulative, T, fail, passSide, interpolated }) => {
    const buckets = toBuckets(bounds, cumulative)
    expect(exceedance(buckets, T, 'fail')).toBe(fail)
    expect(exceedance(buckets, T, 'pass')).toBe(passSide)
    expect(exceedance(buckets, T, 'interpolated')).toBeCloseTo(interpolated, 9)
  })

  test('are never counted too many to fail, nor too few to pass', () => {
    fc.assert(
      fc.property(latencies, fc.integer({ min: 1, max: 3000 }), (values, threshold) => {
        const buckets = histogramOf(values)
        const slow = values.filter((value) => value > threshold).length
        const fail = exceedance(buckets, threshold, 'fail')
        const pass = exceedance(buckets, threshold, 'pass')
        const between = exceedance(buckets, threshold, 'interpolated')
        expect(fail).toBeLessThanOrEqual(slow)
        expect(pass).toBeGreaterThanOrEqual(slow)
        expect(between).toBeGreaterThanOrEqual(fail)
        expect(between).toBeLessThanOrEqual(pass)
      }),
    )
  })

  test('are counted exactly at a boundary', () => {
    fc.assert(
      fc.property(latencies, fc.constantFrom(...BOUNDS), (values, threshold) => {
        const slow = values.filter((value) => value > threshold).length
        for (const side of ['fail', 'pass', 'interpolated'] as const) {
          expect(exceedance(histogramOf(values), threshold, side)).toBe(slow)
        }
      }),
    )
  })

  test('beyond the last boundary are none to fail and all of the last bucket to pass', () => {
    const buckets = toBuckets([10, 100], [5, 7, 10])
    expect(exceedance(buckets, 500, 'fail')).toBe(0)
    expect(exceedance(buckets, 500, 'pass')).toBe(3)
  })

  test('below the first boundary may be all', () => {
    const buckets = toBuckets([10, 100], [5, 7, 10])
    expect(exceedance(buckets, 5, 'pass')).toBe(10)
    expect(exceedance(buckets, 5, 'interpolated')).toBe(7.5)
  })

  test('are none in an empty histogram, and unknown in one without +Inf', () => {
    expect(exceedance([], 100, 'fail')).toBe(0)
    expect(() => exceedance([{ le: 10, count: 3 }], 100, 'fail')).toThrow(RangeError)
  })
})

describe('quantiles, as histogram_quantile gives them', () => {
  test('are interpolated within the bucket', () => {
    const buckets = toBuckets(BOUNDS, [1, 4, 20, 45, 66, 73, 74, 75, 75])
    expect(quantile(buckets, 0.5)).toBeCloseTo(25 + 25 * ((37.5 - 20) / 25), 9)
    expect(quantile(buckets, 0.01)).toBeCloseTo(5 * 0.75, 9)
  })

  test('stop at the last finite boundary', () => {
    expect(quantile(toBuckets([10, 100], [0, 0, 10]), 0.5)).toBe(100)
  })

  test('need requests', () => {
    expect(quantile([], 0.99)).toBeUndefined()
    expect(quantile(toBuckets([10, 100], [0, 0, 0]), 0.99)).toBeUndefined()
  })

  test('lie in the bucket of the true quantile', () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (values, share) => {
        const sorted = [...values].sort((a, b) => a - b)
        const truth = sorted[Math.ceil(share * sorted.length) - 1] ?? NaN
        const upper = BOUNDS.find((bound) => bound >= truth) ?? 1000
        const lower = truth > 1000 ? 1000 : (BOUNDS.findLast((bound) => bound < truth) ?? 0)
        const got = quantile(histogramOf(values), share) ?? NaN
        expect(got).toBeGreaterThanOrEqual(lower)
        expect(got).toBeLessThanOrEqual(upper + 1e-9)
      }),
    )
  })
})

test('a boundary is there or not', () => {
  const buckets = toBuckets([10, 100], [5, 7, 10])
  expect(hasBoundary(buckets, 100)).toBe(true)
  expect(hasBoundary(buckets, 300)).toBe(false)
})

test('histograms whose boundaries are not the same add up where each has counted', () => {
  const one = toBuckets([4, 8], [10, 30, 40])
  const other = toBuckets([8, 16], [1, 5, 5])
  expect(sumOfBuckets([one, other])).toEqual(toBuckets([4, 8, 16], [10, 31, 35, 45]))
  expect(sumOfBuckets([])).toEqual([])
})

test('histograms that are summed up count each request at every boundary above it', () => {
  const bounds = fc.subarray(BOUNDS)
  fc.assert(
    fc.property(fc.array(fc.tuple(latencies, bounds), { maxLength: 4 }), (all) => {
      const sum = sumOfBuckets(
        all.map(([values, own]) =>
          [...own, Infinity].map((le) => ({ le, count: values.filter((value) => value <= le).length })),
        ),
      )
      const counts = sum.map(({ count }) => count)
      expect(counts).toEqual(counts.toSorted((a, b) => a - b))
      expect(counts.at(-1) ?? 0).toBe(all.reduce((total, [values]) => total + values.length, 0))
    }),
  )
})
