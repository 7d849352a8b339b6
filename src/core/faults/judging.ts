import type { MetricSpec } from '../../api/v1alpha1/analysis.ts'
import { DEFAULT_LEVELS } from '../analysis/verdict.ts'
import type { Judgement, MetricVerdict, Terms } from '../analysis/verdict.ts'
import type { Measure } from '../analysis/measures.ts'
import type { Plan } from '../plan.ts'
import type { PlannedFault } from './planned.ts'

/**
 * What the canary is held to while a fault is on: the limits that the probe names, else those of the analysis. A limit
 * stands alone then, since stable does not meet the fault, and there is no time to compare; what has no limit is compared.
 */
export function probeMetrics(
  metrics: readonly MetricSpec[],
  { expect }: Pick<PlannedFault, 'expect'>,
): MetricSpec[] {
  if (expect === undefined) return metrics.filter(isTelling).map(limited)
  return expect.flatMap(({ metric, max }) => {
    const found = metrics.find(({ name }) => name === metric)
    return found === undefined ? [] : [limited({ ...found, max })]
  })
}

/**
 * What a prober's answers are held to: of the limits of the probe, or else of the analysis, those for errors and times. It
 * meets nobody but the canary, so there is nothing to compare.
 */
export function proberMetrics(
  metrics: readonly MetricSpec[],
  fault: Pick<PlannedFault, 'expect'>,
): MetricSpec[] {
  return probeMetrics(metrics, fault).filter(isSeenByProber)
}

/** Can a prober tell whether the limit is kept? */
function isSeenByProber({ istio, max }: MetricSpec): boolean {
  return (istio === 'ErrorRate' || istio === 'Latency') && max !== undefined
}

/** The split says nothing of a fault, and what stable did in its last hour says little. */
function isTelling({ istio, max, vsStable, vsHistory }: MetricSpec): boolean {
  return istio !== 'TrafficSplit' && (max !== undefined || vsStable !== undefined || vsHistory === undefined)
}

function limited(metric: MetricSpec): MetricSpec {
  if (metric.max === undefined) return metric
  const { vsStable: _stable, vsHistory: _history, ...rest } = metric
  return rest
}

/** Times at which a probe may fail a canary: before the fault, under it, and after it. */
const STAGES = 3

/**
 * The terms of each stage of a probe. All probes of a release share the chance of taking back a canary that is within its
 * limits, so that they add no more than `falseRollback` to that of its steps (Bonferroni). Each has its share of it, a
 * half for the first try, a quarter for the second, and so on, since nobody knows how often one is tried.
 * @param tries how often it was tried and told nothing
 */
export function probeTerms({ falseRollback, falsePromotion, steps }: Plan, tries = 0): Terms {
  const probes = Math.max(
    1,
    steps.reduce((sum, { faults = [] }) => sum + faults.length, 0),
  )
  const alpha = falseRollback / (STAGES * probes * 2 ** (tries + 1))
  return {
    levels: { alpha, beta: falsePromotion ?? DEFAULT_LEVELS.beta },
    weights: steps.map(({ weight }) => weight),
  }
}

/** What weighs most of a judgement, in one phrase: `error-rate: 31 of 52 requests failed`. */
export function tellingOf({ metrics, verdict, cause }: Judgement): string {
  const telling =
    metrics.find(({ metric }) => metric === cause) ?? metrics.find((one) => one.verdict === verdict)
  return telling === undefined ? 'nothing is measured' : `${telling.metric}: ${telling.evidence}`
}

/**
 * Does nothing show that the canary is outside of its limits? One bad request of a few is above most limits, and shows
 * nothing.
 */
export function isWithinLimits({ metrics }: Judgement, measures: readonly Measure[]): boolean {
  return metrics.every((one, index) => one.verdict !== 'Fail' && isWithin(one, measures[index]))
}

function isWithin({ interval }: MetricVerdict, measure: Measure | undefined): boolean {
  return interval === undefined || measure?.limit === undefined || interval.low <= measure.limit
}

/**
 * Where a canary stands after a fault: it is within its limits again, outside of them and has time left, or did not
 * recover in time, which takes as much evidence as any rollback. `Untold`: time is over, and there were too few requests
 * to say; whoever observes the step next looks on.
 */
export type Recovery = 'Waiting' | 'Outside' | 'Recovered' | 'Untold' | 'NotRecovered'

/** @param isOver the time for recovery is over */
export function recoveryOf({ verdict }: Judgement, isInside: boolean, isOver: boolean): Recovery {
  if (isInside && verdict === 'Pass') return 'Recovered'
  if (!isOver) return isInside ? 'Waiting' : 'Outside'
  return verdict === 'Fail' ? 'NotRecovered' : 'Untold'
}
