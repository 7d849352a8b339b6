/** A cumulative bucket: how many requests took at most `le` milliseconds. */
export interface Bucket {
  /** Upper boundary in milliseconds; Infinity for the last. */
  readonly le: number
  readonly count: number
}

/**
 * How to count when the threshold lies between two boundaries: `fail` never counts too many slow requests, `pass` never
 * too few, `interpolated` assumes that requests are spread evenly within the bucket.
 */
export type Side = 'fail' | 'pass' | 'interpolated'

/**
 * Requests slower than a threshold.
 * @param buckets in rising order, the last one with `le` Infinity; none at all means no requests
 * Throws a RangeError when the last boundary is not Infinity.
 */
export function exceedance(buckets: readonly Bucket[], thresholdMs: number, side: Side): number {
  const total = totalOf(buckets)
  const above = buckets.find((bucket) => bucket.le >= thresholdMs) ?? { le: Infinity, count: total }
  const below = buckets.findLast((bucket) => bucket.le <= thresholdMs) ?? { le: 0, count: 0 }
  const faster = {
    fail: above.count,
    pass: below.count,
    interpolated: interpolate(below, above, thresholdMs),
  }
  // A target that updates its buckets one by one may show more requests below a boundary than in all.
  return Math.max(0, total - faster[side])
}

/**
 * Estimate of a quantile in milliseconds, as `histogram_quantile` gives it; undefined when there are no requests.
 * Beyond the last finite boundary the answer is that boundary.
 * @param buckets as for {@link exceedance}
 * @param share 0–1 exclusive: 0.99 for p99
 * Throws a RangeError when the last boundary is not Infinity.
 */
export function quantile(buckets: readonly Bucket[], share: number): number | undefined {
  const total = totalOf(buckets)
  if (total === 0) return undefined
  const rank = share * total
  const index = buckets.findIndex((bucket) => bucket.count >= rank)
  const upper = buckets[index]
  const lower = buckets[index - 1]
  if (upper === undefined) return undefined
  if (upper.le === Infinity) return lower?.le
  const start = lower ?? { le: 0, count: 0 }
  return start.le + ((upper.le - start.le) * (rank - start.count)) / (upper.count - start.count)
}

/** Whether requests slower than the threshold can be counted exactly. */
export function hasBoundary(buckets: readonly Bucket[], thresholdMs: number): boolean {
  return buckets.some((bucket) => bucket.le === thresholdMs)
}

/**
 * Buckets of several histograms together, in rising order. One that lacks a boundary, as native ones do where nothing was
 * counted, has there what it has up to the one before.
 */
export function sumOfBuckets(histograms: readonly (readonly Bucket[])[]): Bucket[] {
  const boundaries = new Set(histograms.flatMap((buckets) => buckets.map(({ le }) => le)))
  const rising = [...boundaries].toSorted((a, b) => a - b)
  return rising.map((le) => ({
    le,
    count: histograms.reduce((sum, buckets) => sum + countUpTo(buckets, le), 0),
  }))
}

function countUpTo(buckets: readonly Bucket[], boundary: number): number {
  return buckets.findLast(({ le }) => le <= boundary)?.count ?? 0
}

function totalOf(buckets: readonly Bucket[]): number {
  const last = buckets.at(-1)
  if (last === undefined) return 0
  if (last.le !== Infinity) throw new RangeError(`the last bucket ends at ${last.le} ms instead of +Inf`)
  return last.count
}

function interpolate(below: Bucket, above: Bucket, thresholdMs: number): number {
  if (above.le === below.le || above.le === Infinity) return below.count
  return below.count + ((thresholdMs - below.le) / (above.le - below.le)) * (above.count - below.count)
}
