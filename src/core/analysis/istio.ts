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
  /** The pod that answered, where its own proxy counted. */
  readonly pod?: string
  /** HTTP status; `0` means no answer. */
  readonly code?: string
  /** Status of a gRPC answer, as a number; absent for other answers. */
  readonly grpcStatus?: string
  /** Upper boundary of a bucket in milliseconds, Infinity for the last. */
  readonly le?: number
  /** Of a native histogram with evenly spaced boundaries: by what one is a multiple of the one before. */
  readonly growth?: number
  readonly samples: readonly Sample[]
}

/** What an answer is worth. */
export type Outcome = 'good' | 'error' | 'clientError'

/** Requests of one version, by outcome. */
export type Tally = Readonly<Record<Outcome, number>>

const SEPARATOR = '\n'
const NO_REQUESTS: Tally = { good: 0, error: 0, clientError: 0 }

/** Requests of each version in a window, by outcome. Those that no pod answered are under the empty version. */
export function tallies(series: readonly LabeledSeries[], window: Window): Map<string, Tally> {
  const keyed = series.map((one) => keyedBy(one, outcomeOf(one)))
  const found = new Map<string, Tally>()
  for (const [key, count] of increase(keyed, window)) {
    const [version = '', outcome = ''] = key.split(SEPARATOR)
    const known = found.get(version) ?? NO_REQUESTS
    found.set(version, { ...known, [outcome]: known[outcome as Outcome] + count })
  }
  return found
}

/** Requests of a version in a window, and how many of them failed. */
export function errorCounts(series: readonly LabeledSeries[], version: string, window: Window): Counts {
  return badOf(tallies(series, window).get(version) ?? NO_REQUESTS, 'error')
}

/** How many requests there were, and how many of them had a bad outcome. */
export function badOf(tally: Tally, bad: Outcome): Counts {
  return { total: tally.good + tally.error + tally.clientError, bad: tally[bad] }
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
export function bucketsOf(series: readonly LabeledSeries[], version: string, window: Window): Bucket[] {
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

/** What an answer is worth by its HTTP status, or by its gRPC status: behind that the HTTP status is 200. */
export function outcomeOf({
  code = '',
  grpcStatus = '',
}: Pick<LabeledSeries, 'code' | 'grpcStatus'>): Outcome {
  if (code === '0' || /^5\d\d$/.test(code) || SERVER_STATUS.has(grpcStatus)) return 'error'
  return /^4\d\d$/.test(code) || CLIENT_STATUS.has(grpcStatus) ? 'clientError' : 'good'
}

/** gRPC status whose HTTP equivalent is 5xx, as the mapping of google.rpc.Code has it: unknown, deadline exceeded, … */
const SERVER_STATUS: ReadonlySet<string> = new Set(['2', '4', '12', '13', '14', '15'])
/** … and those whose equivalent is 4xx. */
const CLIENT_STATUS: ReadonlySet<string> = new Set(['1', '3', '5', '6', '7', '8', '9', '10', '11', '16'])
