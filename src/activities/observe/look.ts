import { attributed } from '../../core/analysis/attribution.ts'
import { addLook } from '../../core/analysis/evidence.ts'
import type { Counts, Evidence } from '../../core/analysis/evidence.ts'
import { errorCounts, latencyCounts } from '../../core/analysis/istio.ts'
import type { LabeledSeries } from '../../core/analysis/istio.ts'
import { limitMs, limitsOf } from '../../core/analysis/limits.ts'
import { lookEnd } from '../../core/analysis/look-end.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { fullHost } from '../../core/traffic/hosts.ts'
import { ProviderError } from '../../ports.ts'
import type { Ports } from '../../ports.ts'
import { sidesOf } from '../../core/traffic/context.ts'
import { attributionFor, serviceOf } from '../context.ts'

/** How far before a look its samples reach back: a target that was away for longer is taken for new (milliseconds). */
const LOOK_BACK_MS = 300_000
/** Longest time that one look covers; what was missed beyond it stays unseen. */
const LONGEST_LOOK_MS = 900_000

/** What was gathered up to a moment. Heartbeats carry it, so that a crash loses nothing. */
export interface Gathered {
  readonly evidence: Evidence
  /** Requests up to here are counted; milliseconds since the epoch. */
  readonly countedTo: number
}

/**
 * Reads raw counters and adds what is new to the evidence. The same as before when no target was scraped since. Throws
 * a ProviderError, also when Prometheus answers and knows the service, but scrapes none of its targets any more.
 */
export async function look(
  ports: Pick<Ports, 'metrics' | 'workloads'>,
  state: ReleaseState,
  before: Gathered,
  nowMs: number,
): Promise<Gathered> {
  const fromMs = Math.max(before.countedTo, nowMs - LONGEST_LOOK_MS)
  if (nowMs <= fromMs) return before
  const query = { service: fullHost(serviceOf(state)), fromMs: fromMs - LOOK_BACK_MS, toMs: nowMs }
  const needsLatency = state.plan.metrics.some((metric) => metric.istio === 'Latency')
  const [requests, latencies] = await Promise.all([
    ports.metrics.requests(query),
    needsLatency ? ports.metrics.latencies(query) : undefined,
  ])
  if (requests.length === 0) return before
  const toMs = endOf(requests, latencies, nowMs, state.plan.intervalMs)
  if (toMs === undefined) throw new ProviderError('it has not scraped any proxy lately')
  if (toMs <= fromMs) return before
  // After too long a gap nobody can tell a new target from one that was away: then none counts from 0.
  const startedMs = fromMs > before.countedTo ? Infinity : state.startedAt
  const window = { fromMs, toMs, startedMs }
  const attribution = attributionFor(ports, state)
  const series = {
    requests: attributed(requests, attribution),
    latencies: attributed(latencies ?? [], attribution),
  }
  const counts = countsOf(state, series, window)
  const evidence = addLook(before.evidence, limitsOf(state.plan.metrics), counts, state.step)
  return { evidence, countedTo: toMs }
}

/** Total and bad of a metric come from the same scrapes, and all metrics cover the same time. */
function endOf(
  requests: readonly LabeledSeries[],
  latencies: readonly LabeledSeries[] | undefined,
  nowMs: number,
  fallbackMs: number,
): number | undefined {
  const plain = (series: readonly LabeledSeries[]) => series.map((one) => ({ ...one, key: '' }))
  const ends = [requests, latencies ?? []].flatMap(
    (series) => lookEnd(plain(series), nowMs, fallbackMs) ?? [],
  )
  return ends.length > 0 ? Math.min(...ends) : undefined
}

function countsOf(
  state: ReleaseState,
  series: { requests: readonly LabeledSeries[]; latencies: readonly LabeledSeries[] },
  window: { fromMs: number; toMs: number; startedMs: number },
): Record<string, Counts> {
  const { version } = sidesOf(state).canary
  const entries = limitsOf(state.plan.metrics).map((metric): [string, Counts] => [
    metric.name,
    metric.kind === 'ErrorRate'
      ? errorCounts(series.requests, version, window)
      : latencyCounts(series.latencies, version, { window, limitMs: limitMs(metric) }),
  ])
  return Object.fromEntries(entries)
}
