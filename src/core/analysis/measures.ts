import { PERCENT_PATTERN, durationMs, percentShare } from '../../api/quantities.ts'
import type { MetricSpec } from '../../api/v1alpha1/analysis.ts'
import type { NumberRule } from './number.ts'
import { numberRule } from './query/rule.ts'

/** What may be worse than what it is held against, and still be fine. */
export interface Margins {
  /** Share of requests (0–1): δ₀. */
  readonly tolerance: number
  /** Share of the other's rate (0–1): ρ₀ − 1. */
  readonly relativeTolerance: number
}

export interface Comparison extends Margins {
  /** Share of all requests (0–1) that the next step may harm at most: a canary that would harm more must not pass. */
  readonly harmBudget: number
}

/** What is measured: by counting requests, and how many of them were bad; `Number` by a plain number. */
export interface Measure {
  /** Unique within a release. */
  readonly name: string
  /** `Counts` are counters that a query of the user's selects. */
  readonly kind: 'ErrorRate' | 'ClientErrorRate' | 'Latency' | 'TrafficSplit' | 'Counts' | 'Number'
  /** Share of bad requests allowed, 0–1; for Latency (100 − percentile) / 100. */
  readonly limit?: number
  /** The limit as the user wrote it: `1%`, `500ms`. */
  readonly max?: string
  /** Latency only: of which the limit is one. */
  readonly percentile?: number
  readonly vsStable?: Comparison
  /** What stable did in its last hour, for the bake. */
  readonly vsHistory?: Margins
  /** Number only. */
  readonly rule?: NumberRule
  /** The verdict is reported, and decides nothing. */
  readonly isDryRun?: true
  /** A Fail holds the step, and does not take the release back. */
  readonly isNormal?: true
}

/** Margins where the user names none; latencies are noisier than errors. */
const TOLERANCE = '0.1%'
const LATENCY_TOLERANCE = '10%'
const HARM_BUDGET = '0.25%'

/** The measures of a spec, as shares of bad requests: "p99 at most 500ms" is "at most 1 % slower than 500ms". */
export function measuresOf(metrics: readonly MetricSpec[]): Measure[] {
  return metrics.map(measureOf)
}

function measureOf(metric: MetricSpec): Measure {
  const { name, vsStable, vsHistory, mode, weight } = metric
  const kind = kindOf(metric)
  return {
    name,
    kind,
    ...(kind === 'Number' ? { rule: numberRule(metric) } : limitOf(kind, metric)),
    ...(vsStable && {
      vsStable: {
        ...marginsOf(kind, vsStable),
        harmBudget: percentShare(vsStable.harmBudget ?? HARM_BUDGET),
      },
    }),
    ...(vsHistory && { vsHistory: marginsOf(kind, vsHistory) }),
    ...(mode === 'DryRun' && { isDryRun: true }),
    ...(weight === 'Normal' && { isNormal: true }),
  }
}

/** What a template yields, the limits of the metric tell. */
function kindOf({ istio, counts, templateRef, max, vsStable, vsHistory }: MetricSpec): Measure['kind'] {
  if (istio !== undefined) return istio
  if (counts !== undefined) return 'Counts'
  const isShare = max !== undefined && PERCENT_PATTERN.test(max)
  return templateRef && (isShare || vsStable || vsHistory) ? 'Counts' : 'Number'
}

function limitOf(
  kind: Measure['kind'],
  { max, percentile = 99 }: MetricSpec,
): Pick<Measure, 'max' | 'limit' | 'percentile'> {
  if (kind === 'Latency')
    return { percentile, ...(max !== undefined && { max, limit: (100 - percentile) / 100 }) }
  return max === undefined ? {} : { max, limit: percentShare(max) }
}

function marginsOf(
  kind: Measure['kind'],
  margins: { readonly [M in keyof Margins]?: string | undefined },
): Margins {
  const { tolerance = TOLERANCE, relativeTolerance = kind === 'Latency' ? LATENCY_TOLERANCE : '0%' } = margins
  return { tolerance: percentShare(tolerance), relativeTolerance: percentShare(relativeTolerance) }
}

/** The latency limit of a measure in milliseconds; undefined when it has none. */
export function limitMsOf({ kind, max }: Measure): number | undefined {
  return kind === 'Latency' && max !== undefined ? durationMs(max) : undefined
}
