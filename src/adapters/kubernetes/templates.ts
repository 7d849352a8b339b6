import type { MetricTemplates } from '../../ports.ts'
import type { Caches } from './caches.ts'

/** MetricTemplates, as cached. */
export function metricTemplates(caches: Caches): MetricTemplates {
  return { spec: (ref) => caches.metricTemplates.get(ref)?.spec }
}
