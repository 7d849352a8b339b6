import { requestsOf } from '../../../src/core/analysis/evidence.ts'
import type { Counts, Evidence, Looks, MetricLook } from '../../../src/core/analysis/evidence.ts'
import { limitMsOf } from '../../../src/core/analysis/measures.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import type { Course } from '../../../src/core/analysis/processes.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import type { ErrorLevels, Terms } from '../../../src/core/analysis/verdict.ts'

export const WEIGHTS = [5, 20, 50, 100]

/** A step of a release. */
export const at = (step: number, weights: readonly number[] = WEIGHTS): Course => ({ step, weights })

/** What verdicts are held to. */
export const terms = (weights: readonly number[] = WEIGHTS, levels: ErrorLevels = DEFAULT_LEVELS): Terms => ({
  levels,
  weights,
})

/** A look of one side at a limit and a comparison, in which requests are independent. */
export function lookAt(measure: Measure, canary: Counts, stable: Counts = { total: 0, bad: 0 }): MetricLook {
  const total = { canary: canary.total, stable: stable.total }
  const bad = { canary: canary.bad, stable: stable.bad }
  const limitMs = limitMsOf(measure)
  const limit = limitMs === undefined ? [] : [{ at: limitMs, isLimit: true as const, bad, phi: 1 }]
  const shape = measure.vsStable ? [{ at: 250, bad, phi: 1 }] : []
  const cuts = measure.kind === 'Latency' ? [...limit, ...shape] : [{ bad, phi: 1 }]
  return { strands: [{ reporter: 'Source', total, cuts }] }
}

/** Looks at the canary alone, by the name of the metric. */
export function looksAt(
  measures: readonly Measure[],
  counts: Readonly<Record<string, Counts | number | undefined>>,
): Looks {
  return Object.fromEntries(
    measures.flatMap((measure) => {
      const seen = Object.hasOwn(counts, measure.name) ? counts[measure.name] : undefined
      return typeof seen === 'object' ? [[measure.name, lookAt(measure, seen)]] : []
    }),
  )
}

/** Canary requests that the error rate of a step was measured by; undefined before its first look. */
export function requestsAt(evidence: Evidence | undefined): number | undefined {
  const seen = evidence?.metrics['error-rate']
  return seen && requestsOf(seen)
}
