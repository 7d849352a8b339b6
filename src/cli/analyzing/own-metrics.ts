import type { MetricSpec } from '../../api/v1alpha1/analysis.ts'
import type { Plan } from '../../core/plan.ts'

/** A metric of the user's own: what it says can be told neither in advance nor of the past. */
export interface OwnMetric {
  readonly name: string
  /** As the spec names its source. */
  readonly source: 'query' | 'counts' | 'http' | 'templateRef'
}

/** Metrics of a plan that are not Istio's. */
export function ownMetricsOf({ metrics }: Plan): OwnMetric[] {
  return metrics.flatMap((metric) =>
    metric.istio === undefined ? [{ name: metric.name, source: sourceOf(metric) }] : [],
  )
}

function sourceOf({ query, counts, http }: MetricSpec): OwnMetric['source'] {
  if (query !== undefined) return 'query'
  if (counts !== undefined) return 'counts'
  return http === undefined ? 'templateRef' : 'http'
}

/**
 * The plan with Istio's metrics only. Throws an Error when there are none.
 * @param key `namespace/name` of its Rollout
 * @param done what cannot be done without any, such as `forecast`
 */
export function withoutOwnMetrics(key: string, plan: Plan, done: string): Plan {
  const metrics = plan.metrics.filter(({ istio }) => istio !== undefined)
  if (metrics.length > 0 || plan.metrics.length === 0) return { ...plan, metrics }
  throw new Error(
    `${key}: none of its metrics can be ${done}: ${listed(ownMetricsOf(plan))} ${plan.metrics.length > 1 ? 'are its own' : 'is its own'}, and only Istio's are known of the past; add one with istio: ErrorRate, ClientErrorRate, Latency or TrafficSplit`,
  )
}

/** "conversion (query), orders (counts)". */
export function listed(metrics: readonly OwnMetric[]): string {
  return metrics.map(({ name, source }) => `${name} (${source})`).join(', ')
}
