import type { MetricsSource } from '../../ports.ts'
import type { Surroundings } from './breaker.ts'
import { prometheusHttp } from './client.ts'
import { Fetcher } from './fetcher.ts'
import { Sampler } from './sampler.ts'
import type { PrometheusSettings, QueryWatcher } from './settings.ts'

export const NOBODY: QueryWatcher = { queried: () => undefined, resting: () => undefined }
export const WORLD: Surroundings = { now: () => Date.now(), random: () => Math.random() }

/** Istio's standard metrics in a Prometheus at this URL, that lets everybody in. */
export function prometheusSource(url: string): MetricsSource {
  return prometheusClient({ url })
}

/**
 * Istio's standard metrics in Prometheus, or what speaks its API, as raw samples. All who observe share its queries, so
 * there is to be one for each Prometheus.
 * @param watcher is told of the queries
 */
export function prometheusClient(
  settings: PrometheusSettings,
  watcher: QueryWatcher = NOBODY,
  surroundings: Surroundings = WORLD,
): MetricsSource {
  const client = prometheusHttp(settings, surroundings.now)
  return new Sampler(new Fetcher(client, surroundings, watcher), surroundings.now)
}
