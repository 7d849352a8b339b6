import type { Counts } from './evidence.ts'
import { intervalOf } from './interval.ts'
import type { Interval } from './interval.ts'
import type { Measure } from './measures.ts'
import type { Course } from './processes.ts'
import { limitText } from './sentences.ts'

/** The five things that can be said of a canary; see the words in the documentation. In order of what weighs most. */
export const VERDICTS = ['Fail', 'ProviderError', 'NoData', 'Unsure', 'Pass'] as const
export type Verdict = (typeof VERDICTS)[number]

export interface MetricVerdict {
  readonly metric: string
  readonly verdict: Verdict
  /** Share of bad requests at this step, 0–1; absent when none was seen. */
  readonly value?: number
  /** Shares that go with what was seen. */
  readonly interval?: Interval
  /** What the canary is held to, as the user wrote it. */
  readonly limit: string
  /** One phrase of what was seen and what is missing. */
  readonly evidence: string
  /** Canary requests until this metric decides, if the rate of bad ones holds; absent when decided, or never. */
  readonly missingRequests?: number
}

export interface Judgement {
  readonly verdict: Verdict
  readonly metrics: readonly MetricVerdict[]
  /** On Fail: the metric with the largest share of the evidence. */
  readonly cause?: string
}

/** Chances of error that the user accepts, 0–1. */
export interface ErrorLevels {
  /** α: of failing a canary no worse than tolerated: whole release, all metrics, all looks. */
  readonly alpha: number
  /**
   * β: of passing a step with an unacceptable canary. A limit alone passes on an estimate, over as many requests as
   * would, without a bad one, pass a canary at its limit with this chance at most.
   */
  readonly beta: number
}

export const DEFAULT_LEVELS: ErrorLevels = { alpha: 0.01, beta: 0.05 }

/** What a verdict needs beside the evidence. */
export interface Terms {
  readonly levels: ErrorLevels
  /** Of the steps, in percent. */
  readonly weights: readonly number[]
}

/** Context of judging one metric. */
export interface Context {
  readonly levels: ErrorLevels
  readonly course: Course
  /** Logarithm of the evidence at which a metric fails alone. */
  readonly needed: number
}

/** What a verdict says beside its kind. */
interface Details {
  readonly evidence: string
  /** Bad requests of the canary, and how bursty they are; absent where nothing was counted. */
  readonly seen?: Counts & { readonly phi: number }
  /** Infinity or undefined: nobody can say. */
  readonly missingRequests?: number | undefined
}

/** Share of bad requests, 0–1. */
export function shareOf({ total, bad }: Counts): number {
  return total === 0 ? 0 : bad / total
}

/** The verdict on a measure. */
export function verdictOf(measure: Measure, verdict: Verdict, details: Details): MetricVerdict {
  const { evidence, seen, missingRequests = Infinity } = details
  return {
    metric: measure.name,
    verdict,
    ...(seen && { value: shareOf(seen), interval: intervalOf(seen, seen.phi) }),
    limit: limitText(measure),
    evidence,
    ...(Number.isFinite(missingRequests) && { missingRequests: Math.ceil(missingRequests) }),
  }
}
