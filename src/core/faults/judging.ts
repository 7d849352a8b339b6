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

/**
 * The terms of a probe. All probes of a release share the chance of taking back a canary that is within its limits, so
 * that they add no more than `falseRollback` to that of its steps (Bonferroni).
 */
export function probeTerms({ falseRollback, falsePromotion, steps }: Plan): Terms {
  const probes = steps.reduce((sum, { faults = [] }) => sum + faults.length, 0)
  return {
    levels: { alpha: falseRollback / Math.max(1, probes), beta: falsePromotion ?? DEFAULT_LEVELS.beta },
    weights: steps.map(({ weight }) => weight),
  }
}

/** What weighs most of a judgement, in one phrase: `error-rate: 31 of 52 requests failed`. */
export function tellingOf({ metrics, verdict, cause }: Judgement): string {
  const telling =
    metrics.find(({ metric }) => metric === cause) ?? metrics.find((one) => one.verdict === verdict)
  return telling === undefined ? 'nothing is measured' : `${telling.metric}: ${telling.evidence}`
}

/** Is the canary within its limits, as far as anybody can tell from little? What was not seen at all is not outside. */
export function isWithinLimits({ metrics }: Judgement, measures: readonly Measure[]): boolean {
  return metrics.every((one, index) => one.verdict !== 'Fail' && isWithin(one, measures[index]))
}

function isWithin({ value }: MetricVerdict, measure: Measure | undefined): boolean {
  return value === undefined || measure?.limit === undefined || value <= measure.limit
}

/**
 * Where a canary stands after a fault: it is within its limits again, outside of them and has time left, or did not
 * recover in time. `Untold`: time is over, and there were too few requests to say; nothing speaks against it.
 */
export type Recovery = 'Waiting' | 'Outside' | 'Recovered' | 'Untold' | 'NotRecovered'

/** @param isOver the time for recovery is over */
export function recoveryOf({ verdict }: Judgement, isWithin: boolean, isOver: boolean): Recovery {
  if (!isWithin) return isOver ? 'NotRecovered' : 'Outside'
  if (verdict === 'Pass') return 'Recovered'
  return isOver ? 'Untold' : 'Waiting'
}
