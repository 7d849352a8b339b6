import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaryCounters, growthOf, heldAt } from '../../../src/core/analysis/native-histogram.ts'
import type {
  BoundaryCounter,
  NativeBucket,
  NativeHistogram,
  NativeSamples,
} from '../../../src/core/analysis/native-histogram.ts'

const histogram = (...buckets: NativeBucket[]): NativeHistogram => ({
  count: buckets.reduce((sum, [, , count]) => sum + count, 0),
  buckets,
})
/** Values by boundary, over some scrapes a second apart. */
const countersOf = (...histograms: NativeHistogram[]) =>
  byBoundary(boundaryCounters([samplesOf(...histograms)])[0] ?? [])
const samplesOf = (...histograms: NativeHistogram[]): NativeSamples =>
  histograms.map((one, index) => [index * 1000, one])
const byBoundary = (counters: readonly BoundaryCounter[]) =>
  Object.fromEntries(counters.map(({ le, samples }) => [le, samples.map(([, value]) => value)]))

describe('a native histogram', () => {
  it('counts all up to each boundary, and everything at the last', () => {
    expect(countersOf(histogram([1, 2, 3], [2, 4, 5]))).toEqual({ 1: [0], 2: [3], 4: [8], Infinity: [8] })
  })

  it('has a boundary at all times that one scrape names: what is left out counts nothing', () => {
    const sparse = histogram([1, 2, 1])
    const wider = histogram([1, 2, 1], [8, 16, 2])
    expect(countersOf(sparse, wider)).toEqual({
      1: [0, 0],
      2: [1, 1],
      8: [1, 1],
      16: [1, 3],
      Infinity: [1, 3],
    })
  })

  it('counts what is about zero below every boundary', () => {
    expect(countersOf(histogram([-0.001, 0.001, 4], [1, 2, 1]))).toEqual({
      0.001: [4],
      1: [4],
      2: [5],
      Infinity: [5],
    })
  })

  it('counts what is beyond all boundaries, or no number, only in all', () => {
    const { buckets } = histogram([1, 2, 1], [2, Infinity, 3])
    expect(countersOf({ count: 5, buckets })).toEqual({ 1: [0], 2: [1], Infinity: [5] })
  })

  it('that is empty has counted nothing anywhere', () => {
    expect(countersOf({ count: 0, buckets: [] })).toEqual({ Infinity: [0] })
    expect(countersOf({ count: 0, buckets: [] }, histogram([1, 2, 3]))).toEqual({
      1: [0, 0],
      2: [0, 3],
      Infinity: [0, 3],
    })
    expect(countersOf()).toEqual({})
  })

  it('loses the boundaries that a coarser resolution has no more, also for the times before', () => {
    const fine = histogram([1, 2, 1], [2, 4, 1], [4, 8, 1])
    const coarse = histogram([1, 4, 3], [4, 16, 2])
    expect(countersOf(fine, coarse)).toEqual({ 1: [0, 0], 4: [2, 3], 16: [3, 5], Infinity: [3, 5] })
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
        for (const { le, samples } of boundaryCounters([scrapes.map((one, at) => [at, sparseOf(one)])])[0] ??
          []) {
          const expected = scrapes.map((one, at) => [at, one.filter((n) => 2 ** (n + 1) <= le).length])
          expect(samples).toEqual(expected)
        }
      }),
    )
  })

  it('that are several have all of their boundaries each, so that they can be added up', () => {
    const [fast, slow] = boundaryCounters([
      samplesOf(histogram([4, 8, 50])),
      samplesOf(histogram([512, 1024, 1])),
    ])
    expect(byBoundary(fast ?? [])).toEqual({ 4: [0], 8: [50], 512: [50], 1024: [50], Infinity: [50] })
    expect(byBoundary(slow ?? [])).toEqual({ 4: [0], 8: [0], 512: [0], 1024: [1], Infinity: [1] })
  })

  it('that are several lose the boundaries that one of them does not have', () => {
    const [fine, coarse] = boundaryCounters([
      samplesOf(histogram([1, 2, 3], [2, 4, 5])),
      samplesOf(histogram([1, 4, 7])),
    ])
    expect(byBoundary(fine ?? [])).toEqual({ 1: [0], 4: [8], Infinity: [8] })
    expect(byBoundary(coarse ?? [])).toEqual({ 1: [0], 4: [7], Infinity: [7] })
  })
})

describe('the spacing of native buckets', () => {
  const growth = (...buckets: NativeBucket[]) => growthOf([samplesOf(histogram(...buckets))])

  it.each([
    ['is that of the buckets', [[1, 2, 1] as NativeBucket, [256, 512, 1] as NativeBucket], 2],
    ['is that of the widest one', [[1, Math.SQRT2, 1] as NativeBucket, [4, 8, 1] as NativeBucket], 2],
    [
      'is not that of what is about zero',
      [[-0.001, 0.001, 9] as NativeBucket, [4, 16, 1] as NativeBucket],
      4,
    ],
  ])('%s', (_, buckets, expected) => {
    expect(growth(...buckets)).toBeCloseTo(expected, 9)
  })

  it('is read from boundaries as Prometheus writes them', () => {
    expect(growth([362.03867196751236, 394.80597130443283, 1])).toBeCloseTo(2 ** (1 / 8), 9)
  })

  it.each([
    ['nothing was counted', []],
    [
      'all is about zero, or beyond all boundaries',
      [[-1, 1, 1] as NativeBucket, [8, Infinity, 1] as NativeBucket],
    ],
    ['they are those of a classic histogram', [[250, 500, 1] as NativeBucket, [25, 50, 4] as NativeBucket]],
    ['they are spaced unevenly', [[100, 250, 1] as NativeBucket]],
  ])('is unknown when %s', (_, buckets) => {
    expect(growth(...buckets)).toBeUndefined()
  })
})

describe('a limit in a native histogram', () => {
  it.each([
    [400, 2 ** (1 / 8), 394.81],
    [400, 2, 256],
    [512, 2, 512],
    [1000, 2 ** (1 / 4), 861.08],
    [0.3, 2, 0.25],
    [2500, 2 ** (1 / 256), 2495.6],
  ])(
    'of %d ms is held where the bucket begins that it lies in, of growth %d: at %d ms',
    (limit, growth, at) => {
      expect(heldAt(limit, growth)).toBe(at)
    },
  )

  it('is held at a boundary that is no larger, and larger than half of it', () => {
    const exponents = fc.integer({ min: 0, max: 8 })
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 3e6, noNaN: true }), exponents, (limit, exponent) => {
        const growth = 2 ** (2 ** -exponent)
        const at = heldAt(limit, growth) ?? NaN
        expect(at).toBeLessThanOrEqual(limit)
        expect(at).toBeGreaterThan((limit / growth) * (1 - 1e-6))
        // Nothing is counted between it and the boundary itself.
        const power = Math.log2(at) / Math.log2(growth)
        expect(power - Math.floor(power + 1e-5)).toBeLessThan(0.05)
      }),
    )
  })

  it.each([undefined, 4, 2 ** 16])('is not held where buckets are no measure for it: growth %s', (growth) => {
    expect(heldAt(400, growth)).toBeUndefined()
  })
})
