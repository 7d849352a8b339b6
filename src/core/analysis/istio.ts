import { increase } from './counters.ts'
import type { Sample, Series, Window } from './counters.ts'
import { exceedance } from './histogram.ts'
import type { Bucket } from './histogram.ts'
import type { Counts } from './evidence.ts'

/** A raw counter of requests with the labels that matter here. */
export interface LabeledSeries {
  readonly instance: string
  /** Version of the pod that answered; empty where no pod was found. */
  readonly version: string
  /** Name of the workload that answered; empty where none was found. */
  readonly workload?: string
  /** HTTP status; `0` means no answer. */
  readonly code?: string
  /** Upper boundary of a bucket in milliseconds, Infinity for the last. */
  readonly le?: number
  readonly samples: readonly Sample[]
}

const SEPARATOR = '\n'

/** Requests of a version in a window, and how many of them failed: 5xx, or no answer at all. */
export function errorCounts(series: readonly LabeledSeries[], version: string, window: Window): Counts {
  const keyed = series.map((one) => keyedBy(one, one.code ?? ''))
  let total = 0
  let bad = 0
  for (const [key, count] of increase(keyed, window)) {
    const [owner, code = ''] = key.split(SEPARATOR)
    if (owner !== version) continue
    total += count
    if (isBad(code)) bad += count
  }
  return { total, bad }
}

/** Requests of a version in a window, and how many of them were slower than the limit (milliseconds). */
export function latencyCounts(
  series: readonly LabeledSeries[],
  version: string,
  options: { readonly window: Window; readonly limitMs: number },
): Counts {
  const buckets = bucketsOf(series, version, options.window)
  return { total: buckets.at(-1)?.count ?? 0, bad: exceedance(buckets, options.limitMs, 'fail') }
}

/** Cumulative buckets of a version in a window, in rising order. */
function bucketsOf(series: readonly LabeledSeries[], version: string, window: Window): Bucket[] {
  const keyed = series.map((one) => keyedBy(one, String(one.le ?? Infinity)))
  return [...increase(keyed, window)]
    .map(([key, count]) => ({ owner: key.split(SEPARATOR)[0], le: Number(key.split(SEPARATOR)[1]), count }))
    .filter((bucket) => bucket.owner === version)
    .map(({ le, count }) => ({ le, count }))
    .toSorted((a, b) => a.le - b.le)
}

function keyedBy(series: LabeledSeries, detail: string): Series {
  return { key: series.version + SEPARATOR + detail, instance: series.instance, samples: series.samples }
}

/** A caller that got no answer has code 0; Envoy's own 503 carries no version and is nobody's. */
function isBad(code: string): boolean {
  return code === '0' || /^5\d\d$/.test(code)
}
