import { logE, stepCapital } from './eprocess.ts'
import { evidenceOf, failParams } from './evidence.ts'
import type { Counts, Evidence, LimitMetric, MetricEvidence } from './evidence.ts'
import { leastRequests, requestsUntil } from './least-requests.ts'
import { aboveSentence, countedSentence, limitText, noDataSentence, progressSentence } from './sentences.ts'

/** The five things that can be said of a canary; see the words in the documentation. In order of what weighs most. */
export const VERDICTS = ['Fail', 'ProviderError', 'NoData', 'Unsure', 'Pass'] as const
export type Verdict = (typeof VERDICTS)[number]

export interface MetricVerdict {
  readonly metric: string
  readonly verdict: Verdict
  /** Share of bad requests at this step, 0–1; absent when none was seen. */
  readonly value?: number
  /** The limit as the user wrote it, for Latency with its percentile. */
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
  /** Of failing a canary within its limits: whole release, all metrics, all looks. */
  readonly alpha: number
  /**
   * Sets how many requests of a step a pass needs: as many as would, without a bad one, pass a canary at its limit with
   * this chance at most. A pass on more requests and some bad ones rests on the estimate alone.
   */
  readonly beta: number
}

export const DEFAULT_LEVELS: ErrorLevels = { alpha: 0.01, beta: 0.05 }

/**
 * What the evidence says. Fail when the evidence of harm of all metrics together ever reached 1/α; it never goes away.
 * A metric passes on an estimate within its limit over enough requests of this step. A release without metrics passes.
 * Throws a RangeError when the evidence was begun without one of the metrics.
 */
export function judge(
  evidence: Evidence,
  metrics: readonly LimitMetric[],
  levels: ErrorLevels = DEFAULT_LEVELS,
): Judgement {
  const cause = causeOfFail(evidence, levels)
  const needed = Math.log(metrics.length / levels.alpha)
  const verdicts = metrics.map((metric) => {
    const seen = evidenceOf(evidence, metric.name)
    const harms = metric.name === cause || (cause !== undefined && logE(seen.fail) >= needed)
    if (harms) return failed(metric, seen)
    return judgeMetric(metric, seen, { levels, needed, weight: stepCapital(evidence.step, evidence.steps) })
  })
  if (cause !== undefined) return { verdict: 'Fail', metrics: verdicts, cause }
  return { verdict: weightiest(verdicts), metrics: verdicts }
}

/**
 * The judgement when the metrics cannot be read. Ask {@link judge} first whether the release has failed already: that stands.
 * @param sentence what is wrong with the provider
 */
export function providerError(metrics: readonly LimitMetric[], sentence: string): Judgement {
  const verdicts = metrics.map((metric): MetricVerdict => {
    return { metric: metric.name, verdict: 'ProviderError', limit: limitText(metric), evidence: sentence }
  })
  return { verdict: 'ProviderError', metrics: verdicts }
}

/** Context of judging one metric; `needed` is the logarithm of evidence at which it fails alone. */
interface Context {
  readonly levels: ErrorLevels
  readonly needed: number
  readonly weight: number
}

function causeOfFail({ peak }: Evidence, levels: ErrorLevels): string | undefined {
  return peak.logE >= Math.log(1 / levels.alpha) ? peak.cause : undefined
}

function weightiest(verdicts: readonly MetricVerdict[]): Verdict {
  return VERDICTS.find((verdict) => verdicts.some((one) => one.verdict === verdict)) ?? 'Pass'
}

function judgeMetric(metric: LimitMetric, seen: MetricEvidence, context: Context): MetricVerdict {
  const least = leastRequests(metric.limit, context.levels.beta)
  if (seen.step.total === 0) {
    return { ...describe(metric, 'NoData', noDataSentence()), ...missing(least) }
  }
  if (seen.step.total < least) {
    const evidence = progressSentence(metric, seen.step, least)
    return { ...describe(metric, 'Unsure', evidence, seen.step), ...missing(least - seen.step.total) }
  }
  if (isWithin(seen.step, metric.limit)) {
    return describe(metric, 'Pass', countedSentence(metric, seen.step), seen.step)
  }
  return above(metric, seen, context)
}

/** Enough requests, a rate above the limit, and not enough evidence to fail: when will there be, if the rate holds? */
function above(metric: LimitMetric, seen: MetricEvidence, context: Context): MetricVerdict {
  const params = failParams(metric.limit, context.weight)
  const more = requestsUntil(seen.fail, shareOf(seen.step), params, context.needed)
  return {
    ...describe(metric, 'Unsure', aboveSentence(metric, seen.step, more), seen.step),
    ...missing(more ?? Infinity),
  }
}

function failed(metric: LimitMetric, seen: MetricEvidence): MetricVerdict {
  // The evidence may stem from earlier steps: show the counts that make plain why.
  const counts = shareOf(seen.step) >= shareOf(seen.release) ? seen.step : seen.release
  return describe(metric, 'Fail', countedSentence(metric, counts), counts)
}

function describe(metric: LimitMetric, verdict: Verdict, evidence: string, counts?: Counts): MetricVerdict {
  const value = counts === undefined ? {} : { value: shareOf(counts) }
  return { metric: metric.name, verdict, ...value, limit: limitText(metric), evidence }
}

function missing(requests: number): { missingRequests?: number } {
  return Number.isFinite(requests) ? { missingRequests: Math.ceil(requests) } : {}
}

function shareOf({ total, bad }: Counts): number {
  return total === 0 ? 0 : bad / total
}

/** With room for rounding: 1 of 1,000 is within a limit of 0.1 %. */
function isWithin({ total, bad }: Counts, limit: number): boolean {
  return bad <= total * limit * (1 + 1e-9)
}
