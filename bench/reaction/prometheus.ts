import axios from 'axios'
import { measuresOf } from '../../src/core/analysis/measures.ts'
import { prometheusSource } from '../../src/adapters/prometheus/source.ts'
import type { MetricSpec } from '../../src/api/v1alpha1/analysis.ts'
import { hostOf } from '../kit/shops.ts'
import { decidingScrape } from './evidence.ts'
import type { Rollback } from './rollback.ts'

interface Matrix {
  readonly data: { readonly result: readonly { readonly values: readonly [number, string][] }[] }
}

/** What the moment of evidence depends on, besides the counters. */
export interface Conditions {
  readonly metrics: readonly MetricSpec[]
  /** Of the steps, in percent. */
  readonly weights: readonly number[]
  readonly warmupMs: number
}

/**
 * When Prometheus had enough for Fail: the end of the scrape that brought it, as Prometheus itself measured it.
 * Milliseconds since the epoch; undefined when there was never enough.
 * @param url of Prometheus
 */
export async function evidenceCompleteAt(
  url: string,
  rollback: Rollback,
  { metrics, weights, warmupMs }: Conditions,
): Promise<number | undefined> {
  const { namespace, version, startedAt, raisedAt, endedAt } = rollback
  if (raisedAt === undefined || startedAt === undefined) return undefined
  const source = prometheusSource(url)
  const query = { service: hostOf(namespace), fromMs: startedAt - 60_000, toMs: endedAt }
  const [requests, latencies] = await Promise.all([source.requests(query), source.latencies(query)])
  const scrapeAt = decidingScrape(
    { requests, latencies },
    { version, metrics: measuresOf(metrics), weights, startedAt, countFrom: raisedAt + warmupMs },
  )
  return scrapeAt === undefined ? undefined : scrapeAt + (await scrapeDurationMs(url, scrapeAt))
}

/** How long the scrape of the gateway at this time took. */
async function scrapeDurationMs(url: string, at: number): Promise<number> {
  const params = { query: 'scrape_duration_seconds{job="istio-ingressgateway"}[1s]', time: at / 1000 }
  const { data } = await axios.get<Matrix>('/api/v1/query', { baseURL: url, params })
  const values = data.data.result.flatMap((series) => series.values)
  const found = values.find(([seconds]) => Math.round(seconds * 1000) === Math.round(at))
  if (found === undefined)
    throw new Error(`Prometheus has no duration of its scrape at ${new Date(at).toISOString()}`)
  return Number(found[1]) * 1000
}
