import { durationText } from '../../api/quantities.ts'
import type { MetricSpec } from '../../api/v1alpha1/analysis.ts'
import type { VerdictStatus } from '../../api/v1alpha1/status.ts'
import { eta } from '../analysis/eta.ts'
import type { Judgement, MetricVerdict } from '../analysis/verdict.ts'
import { desiredWeight } from '../machine/state.ts'
import type { ReleaseState } from '../machine/state.ts'

/** What the observer knows beside the judgement. */
export interface ObservingFacts {
  /** Milliseconds until the hold is over; 0 when it is. */
  readonly holdLeftMs: number
  /** Canary requests a second, as seen in this step. */
  readonly requestsPerSecond: number
  /** What else the step waits for, in words. */
  readonly waitingFor?: string
  /** Patience is over. */
  readonly isOverdue?: boolean
  /** What else is to be known, a sentence each. */
  readonly notes?: readonly string[]
}

/** The one sentence of a step under observation: what is seen, and what comes next. */
export function observingMessage(state: ReleaseState, judgement: Judgement, facts: ObservingFacts): string {
  const { notes = [] } = facts
  return [`${desiredWeight(state)} %: ${seen(judgement)}; ${next(state, judgement, facts)}`, ...notes].join(
    '; ',
  )
}

function seen({ metrics, verdict }: Judgement): string {
  const telling = metrics.find((metric) => metric.verdict === verdict) ?? metrics[0]
  return telling === undefined ? 'nothing is measured' : `${telling.metric}: ${telling.evidence}`
}

function next(state: ReleaseState, judgement: Judgement, facts: ObservingFacts): string {
  if (judgement.verdict === 'Fail') return 'rolling back'
  const target = nextTarget(state)
  if (facts.waitingFor !== undefined) return `${target} waits for ${facts.waitingFor}`
  const missing = Math.max(0, ...judgement.metrics.map((metric) => metric.missingRequests ?? 0))
  if (facts.isOverdue) return `patience is over: ${target} waits for more evidence, or for somebody to decide`
  if (missing > 0 && facts.requestsPerSecond === 0) return `${target} waits for requests`
  if (missing > 0) return `${target} in ${eta(missing, facts.requestsPerSecond)}`
  if (judgement.verdict !== 'Pass') return `${target} when the metrics allow it`
  // Nobody wants to read milliseconds.
  const leftMs = Math.ceil(facts.holdLeftMs / 1000) * 1000
  return leftMs > 0 ? `${target} in ${durationText(leftMs)}` : `${target} now`
}

function nextTarget({ plan, step }: ReleaseState): string {
  const following = plan.steps[step + 1]
  return following === undefined ? 'promotion' : `${following.weight} %`
}

/**
 * Verdicts as the status shows them.
 * @param notes what is to be known besides, of requests that no verdict counts
 */
export function verdictsOf(
  judgement: Judgement,
  metrics: readonly MetricSpec[],
  notes: readonly string[] = [],
): VerdictStatus[] {
  return judgement.metrics.map((verdict) => {
    const latency = metrics.find((metric) => metric.name === verdict.metric)?.istio === 'Latency'
    const value = valueText(verdict, latency)
    return {
      metric: verdict.metric,
      verdict: verdict.verdict,
      ...(value !== undefined && { value }),
      limit: verdict.limit,
      evidence: [verdict.evidence, ...notes].join('; '),
    }
  })
}

function valueText({ value, interval }: MetricVerdict, latency: boolean): string | undefined {
  if (value === undefined) return undefined
  const range = interval && ` (${percent(interval.low)}–${percent(interval.high)} %)`
  return `${percent(value)} %${range ?? ''}${latency ? ' slower' : ''}`
}

function percent(share: number): string {
  return (100 * share).toFixed(2)
}
