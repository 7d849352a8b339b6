import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaryCounters } from '../../../src/core/analysis/native-histogram.ts'
import type { NativeBucket, NativeHistogram } from '../../../src/core/analysis/native-histogram.ts'

const histogram = (...buckets: NativeBucket[]): NativeHistogram => ({
  count: buckets.reduce((sum, [, , count]) => sum + count, 0),
  buckets,
})
/** Values by boundary, over some scrapes a second apart. */
const countersOf = (...histograms: NativeHistogram[]) =>
  Object.fromEntries(
    boundaryCounters(histograms.map((one, index) => [index * 1000, one])).map(({ le, samples }) => [
      le,
      samples.map(([, value]) => value),
    ]),
  )

describe('a native histogram', () => {
  it('counts all up to each boundary, and everything at the last', () => {
    expect(countersOf(histogram([1, 2, 3], [2, 4, 5]))).toEqual({ 2: [3], 4: [8], Infinity: [8] })
  })

  it('has a boundary at all times that one scrape names: what is left out counts nothing', () => {
    const sparse = histogram([1, 2, 1])
    const wider = histogram([1, 2, 1], [8, 16, 2])
    expect(countersOf(sparse, wider)).toEqual({ 2: [1, 1], 16: [1, 3], Infinity: [1, 3] })
  })

  it('counts what is about zero below every boundary', () => {
    expect(countersOf(histogram([-0.001, 0.001, 4], [1, 2, 1]))).toEqual({
      0.001: [4],
      2: [5],
      Infinity: [5],
    })
  })

  it('counts what is beyond all boundaries, or no number, only in all', () => {
    const { buckets } = histogram([1, 2, 1], [2, Infinity, 3])
    expect(countersOf({ count: 5, buckets })).toEqual({ 2: [1], Infinity: [5] })
  })

  it('that is empty has counted nothing anywhere', () => {
    expect(countersOf({ count: 0, buckets: [] })).toEqual({ Infinity: [0] })
    expect(countersOf({ count: 0, buckets: [] }, histogram([1, 2, 3]))).toEqual({
      2: [0, 3],
      Infinity: [0, 3],
    })
    expect(countersOf()).toEqual({})
  })

  it('loses the boundaries that a coarser resolution has no more, also for the times before', () => {
    const fine = histogram([1, 2, 1], [2, 4, 1], [4, 8, 1])
    const coarse = histogram([1, 4, 3], [4, 16, 2])
    expect(countersOf(fine, coarse)).toEqual({ 4: [2, 3], 16: [3, 5], Infinity: [3, 5] })
  })

  it('loses the boundaries that a wider zero swallows', () => {
    const before = histogram([-0.5, 0.5, 1], [1, 2, 1])
    const after = histogram([-1, 1, 2], [1, 2, 2])
    expect(countersOf(before, after)).toEqual({ 1: [1, 2], 2: [2, 4], Infinity: [2, 4] })
  })

  it('is cumulative, however its observations lie', () => {
    const observations = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 40 })
    const sparseOf = (exponents: readonly number[]) =>
      histogram(
        ...[...new Set(exponents)]
          .toSorted((a, b) => a - b)
          .map((n): NativeBucket => [2 ** n, 2 ** (n + 1), exponents.filter((one) => one === n).length]),
      )
    fc.assert(
      fc.property(fc.array(observations, { minLength: 1, maxLength: 5 }), (scrapes) => {
        for (const { le, samples } of boundaryCounters(scrapes.map((one, at) => [at, sparseOf(one)]))) {
          const expected = scrapes.map((one, at) => [at, one.filter((n) => 2 ** (n + 1) <= le).length])
          expect(samples).toEqual(expected)
        }
      }),
    )
  })
})
