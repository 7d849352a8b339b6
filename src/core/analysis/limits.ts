import { durationMs, percentShare } from '../../api/quantities.ts'
import type { MetricSpec } from '../../api/v1alpha1/spec.ts'
import type { LimitMetric } from './evidence.ts'

/** The limits of a spec, as shares of bad requests: "p99 at most 500ms" is "at most 1 % slower than 500ms". */
export function limitsOf(metrics: readonly MetricSpec[]): LimitMetric[] {
  return metrics.map(limitOf)
}

function limitOf({ name, istio, max, percentile = 99 }: MetricSpec): LimitMetric {
  if (istio === 'ErrorRate') return { name, kind: 'ErrorRate', limit: percentShare(max), max }
  return { name, kind: 'Latency', limit: (100 - percentile) / 100, max, percentile }
}

/** The latency limit of a metric in milliseconds. */
export function limitMs({ max }: Pick<LimitMetric, 'max'>): number {
  return durationMs(max)
}
