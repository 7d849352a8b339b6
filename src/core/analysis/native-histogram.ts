import type { Sample } from './counters.ts'

/** A bucket counts what is above `lower`, up to and including `upper`. */
export type NativeBucket = readonly [lower: number, upper: number, count: number]

/** A native histogram of Prometheus at one scrape. Buckets that count nothing are left out. */
export interface NativeHistogram {
  readonly count: number
  /** In rising order. */
  readonly buckets: readonly NativeBucket[]
}

/** A cumulative counter of all that is up to a boundary, as a classic histogram has it. */
export interface BoundaryCounter {
  /** Infinity for the counter of everything. */
  readonly le: number
  readonly samples: readonly Sample[]
}

/**
 * The counters of a classic histogram that has the boundaries of a native one. When the resolution changed meanwhile,
 * the boundaries that a wider bucket swallowed are left out for all times: a counter that began in the middle would
 * look like one that started from 0.
 * @param samples in order of time
 */
export function boundaryCounters(
  samples: readonly (readonly [atMs: number, histogram: NativeHistogram])[],
): BoundaryCounter[] {
  if (samples.length === 0) return []
  const boundaries = boundariesOf(samples.map(([, { buckets }]) => buckets))
  const columns = samples.map(([, { buckets }]) => countsAt(boundaries, buckets))
  const counters = boundaries.flatMap((le, index): BoundaryCounter[] => {
    const counts = columns.map((column) => column[index])
    if (counts.includes(undefined)) return []
    return [{ le, samples: samples.map(([at], place): Sample => [at, counts[place] ?? 0]) }]
  })
  return [...counters, { le: Infinity, samples: samples.map(([at, { count }]): Sample => [at, count]) }]
}

/** All finite upper boundaries of any bucket, in rising order. */
function boundariesOf(all: readonly (readonly NativeBucket[])[]): number[] {
  const uppers = new Set(all.flatMap((buckets) => buckets.map(([, upper]) => upper)))
  uppers.delete(Infinity)
  return [...uppers].toSorted((a, b) => a - b)
}

/** What is counted up to each boundary; undefined where a bucket lies on both sides of it. */
function countsAt(
  boundaries: readonly number[],
  buckets: readonly NativeBucket[],
): readonly (number | undefined)[] {
  let next = 0
  let sum = 0
  return boundaries.map((boundary) => {
    for (let bucket = buckets[next]; bucket && bucket[1] <= boundary; bucket = buckets[++next]) {
      sum += bucket[2]
    }
    const lower = buckets[next]?.[0] ?? Infinity
    return lower < boundary ? undefined : sum
  })
}
