import { increase } from '../analysis/counters.ts'
import type { Window } from '../analysis/counters.ts'
import type { LabeledSeries } from '../analysis/istio.ts'
import { quotedRegex } from '../analysis/query/promql.ts'
import type { CountQueries } from '../analysis/query/source.ts'

/** Callers of which is asked whether they met a fault. */
export interface Callers {
  readonly namespace: string
  /** Names of their workloads. */
  readonly workloads: readonly string[]
}

/** Label that tells callers apart. */
const CALLER = 'source_workload'
const FLAGS = JSON.stringify('(.*,)?(FI|DI)(,.*)?')

/**
 * Counters of the answers that proxies of the callers injected: Istio marks them FI (abort) and DI (delay) in
 * `response_flags`. What was called is not asked, since of a request that was aborted not every proxy knows it.
 */
export function arrivalQueries({ namespace, workloads }: Callers): CountQueries {
  const names = JSON.stringify(workloads.map(quotedRegex).join('|'))
  const selector = `istio_requests_total{reporter="source",source_workload_namespace=${JSON.stringify(namespace)},${CALLER}=~${names},response_flags=~${FLAGS}}`
  return { bad: selector, total: selector, versionLabel: CALLER }
}

/**
 * The same of all requests to a host. A proxy that injects an abort does not always know whom the request was for: such
 * are counted, too, unless another fault stands that they may have met.
 */
export function hostArrivalQueries(host: string, isOnlyFault: boolean): CountQueries {
  const hosts = JSON.stringify([host, ...(isOnlyFault ? ['unknown'] : [])].map(quotedRegex).join('|'))
  const selector = `istio_requests_total{reporter="source",destination_service=~${hosts},response_flags=~${FLAGS}}`
  return { bad: selector, total: selector, versionLabel: CALLER }
}

/** How many requests met a fault in a window, and when that was first seen (milliseconds since the epoch). */
export function arrivalsIn(
  series: readonly LabeledSeries[],
  window: Window,
): { readonly met: number; readonly firstAt: number | undefined } {
  const keyed = series.map(({ instance, samples }) => ({ key: 'met', instance, samples }))
  const times = [...new Set(series.flatMap(({ samples }) => samples.map(([at]) => at)))]
    .filter((at) => at > window.fromMs && at <= window.toMs)
    .toSorted((a, b) => a - b)
  const metBy = (toMs: number) => increase(keyed, { ...window, toMs }).get('met') ?? 0
  return { met: metBy(window.toMs), firstAt: times.find((at) => metBy(at) > 0) }
}
