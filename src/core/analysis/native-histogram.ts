import type { Sample } from './counters.ts'

/** A bucket counts what is above `lower`, up to and including `upper`. */
export type NativeBucket = readonly [lower: number, upper: number, count: number]

/** A native histogram of Prometheus at one scrape. Buckets that count nothing are left out. */
export interface NativeHistogram {
  readonly count: number
  /** In rising order. */
  readonly buckets: readonly NativeBucket[]
}

/** A native histogram over time, in order of time. */
export type NativeSamples = readonly (readonly [atMs: number, histogram: NativeHistogram])[]

/** A cumulative counter of all that is up to a boundary, as a classic histogram has it. */
export interface BoundaryCounter {
  /** Infinity for the counter of everything. */
  readonly le: number
  readonly samples: readonly Sample[]
}

/**
 * The counters of classic histograms that have the boundaries of native ones: for each histogram the same boundaries, since
 * whoever adds up several needs each of them at each boundary. Where the resolution differs, or changed meanwhile, the
 * boundaries that a wider bucket swallows are left out for all histograms and times: a counter that began in the middle
 * would look like one that started from 0.
 */
export function boundaryCounters(histograms: readonly NativeSamples[]): BoundaryCounter[][] {
  const all = histograms.flatMap((samples) => samples.map(([, { buckets }]) => buckets))
  const boundaries = commonBoundaries(all)
  return histograms.map((samples) => countersOf(samples, boundaries))
}

function countersOf(samples: NativeSamples, boundaries: readonly number[]): BoundaryCounter[] {
  if (samples.length === 0) return []
  const columns = samples.map(([, { buckets }]) => countsAt(boundaries, buckets))
  const counters = boundaries.map((le, index): BoundaryCounter => {
    return { le, samples: samples.map(([at], place): Sample => [at, columns[place]?.[index] ?? 0]) }
  })
  return [...counters, { le: Infinity, samples: samples.map(([at, { count }]): Sample => [at, count]) }]
}

/**
 * All finite boundaries that no bucket lies on both sides of, in rising order. Where a bucket begins is one, too: what is
 * between it and the bucket before counts nothing.
 */
function commonBoundaries(all: readonly (readonly NativeBucket[])[]): number[] {
  const edges = all.flatMap((buckets) => buckets.flatMap(([lower, upper]) => [lower, upper]))
  const boundaries = [...new Set(edges)]
    .filter((edge) => edge > 0 && edge < Infinity)
    .toSorted((a, b) => a - b)
  const swallowed = new Set(all.flatMap((buckets) => swallowedBy(buckets, boundaries)))
  return boundaries.filter((boundary) => !swallowed.has(boundary))
}

function swallowedBy(buckets: readonly NativeBucket[], boundaries: readonly number[]): number[] {
  const found: number[] = []
  let next = 0
  for (const boundary of boundaries) {
    while ((buckets[next]?.[1] ?? Infinity) <= boundary) next++
    if ((buckets[next]?.[0] ?? Infinity) < boundary) found.push(boundary)
  }
  return found
}

/** What is counted up to each boundary, of which none lies within a bucket. */
function countsAt(boundaries: readonly number[], buckets: readonly NativeBucket[]): readonly number[] {
  let next = 0
  let sum = 0
  return boundaries.map((boundary) => {
    for (let bucket = buckets[next]; bucket && bucket[1] <= boundary; bucket = buckets[++next]) {
      sum += bucket[2]
    }
    return sum
  })
}

/** Boundaries are powers of this, as computed, up to so much. */
const ROUNDING = 1e-6

/**
 * By what the widest bucket's end is a multiple of its beginning: then all powers of that are boundaries, also where nothing
 * was counted. Undefined when there is no bucket, or boundaries are spaced otherwise.
 */
export function growthOf(histograms: readonly NativeSamples[]): number | undefined {
  const buckets = histograms.flatMap((samples) => samples.flatMap(([, histogram]) => histogram.buckets))
  // What is about zero has a bucket of its own.
  const spaced = buckets.filter(([lower, upper]) => lower > 0 && upper < Infinity)
  const growth = spaced.reduce((most, [lower, upper]) => Math.max(most, upper / lower), 1)
  if (growth === 1) return undefined
  const isPower = (upper: number) => isWhole(Math.log2(upper) / Math.log2(growth))
  return isWhole(-Math.log2(Math.log2(growth))) && spaced.some(([, upper]) => isPower(upper))
    ? growth
    : undefined
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < ROUNDING
}

/** A limit that may be held at half of what was asked for is none. */
const LARGEST_GROWTH = 2
/** Boundaries are told in this many digits, rounded up; the next one lies further off. */
const DIGITS = 5

/**
 * Where a limit is held in a native histogram: at the nearest boundary up to it, so that it is never laxer than it was
 * stated. Undefined where buckets are too wide for that, or are not known to be spaced evenly.
 * @param growth as {@link growthOf} says
 */
export function heldAt(limitMs: number, growth: number | undefined): number | undefined {
  if (growth === undefined || growth > LARGEST_GROWTH + ROUNDING) return undefined
  const boundary = growth ** Math.floor(Math.log2(limitMs) / Math.log2(growth) + ROUNDING)
  const unit = 10 ** (Math.floor(Math.log10(boundary)) + 1 - DIGITS)
  const told = Number((Math.ceil(boundary / unit - ROUNDING) * unit).toPrecision(DIGITS))
  return Math.min(limitMs, told)
}
