import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorCounts, latencyCounts } from '../../src/core/analysis/istio.ts'
import type { LabeledSeries } from '../../src/core/analysis/istio.ts'
import { ProviderError } from '../../src/ports.ts'
import type { CounterQuery, MetricsSource } from '../../src/ports.ts'

/** Metrics of a service whose v1 has answered at least 50 requests for some seconds, all well and within 250 ms. */
export interface MetricsSubject {
  readonly metrics: MetricsSource
  /** Full mesh host. */
  readonly service: string
  /** While the requests were sent; milliseconds since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  /** One that does not answer. */
  readonly unreachable: MetricsSource
  close(): Promise<void>
}

/** What every implementation of the port MetricsSource does. */
export function metricsSourceContract(name: string, open: () => Promise<MetricsSubject>): void {
  describe(`metrics (${name})`, () => {
    let subject: MetricsSubject
    let query: CounterQuery

    beforeAll(async () => {
      subject = await open()
      query = { service: subject.service, fromMs: subject.fromMs, toMs: subject.toMs }
    })

    afterAll(async () => subject.close())

    it('are raw counters with version and code, their samples rising and within the time asked for', async () => {
      const series = await subject.metrics.requests(query)
      expect(series.some(({ version, code }) => version === 'v1' && code === '200')).toBe(true)
      for (const { samples, instance } of series) {
        expect(instance).not.toBe('')
        const times = samples.map(([at]) => at)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        for (const at of times) expect(isWithin(at, query)).toBe(true)
      }
    })

    it('count the requests and none as bad', async () => {
      const counts = errorCounts(await subject.metrics.requests(query), 'v1', windowOf(query))
      expect(counts.total).toBeGreaterThanOrEqual(50)
      expect(counts.bad).toBe(0)
    })

    it('are histograms in milliseconds, cumulative, with a last bucket for all', async () => {
      const series = (await subject.metrics.latencies(query)).filter(({ version }) => version === 'v1')
      const boundaries = series.map(({ le }) => le)
      expect(boundaries).toContain(Infinity)
      expect(boundaries).toContain(250)
      const limit = { window: windowOf(query), limitMs: 250 }
      const counts = latencyCounts(series, 'v1', limit)
      expect(counts.total).toBeGreaterThanOrEqual(50)
      expect(counts.bad).toBe(0)
      expect(lastOf(series, Infinity)).toBeGreaterThanOrEqual(lastOf(series, 250))
    })

    it('are none of a service that nobody calls, nor of one whose name means something to a query', async () => {
      for (const service of ['nobody.shop.svc.cluster.local', '"} or {job=~".+', 'a\\b\n']) {
        expect(await subject.metrics.requests({ ...query, service })).toEqual([])
        expect(await subject.metrics.latencies({ ...query, service })).toEqual([])
      }
    })

    it('that cannot be read are an error of the provider', async () => {
      await expect(subject.unreachable.requests(query)).rejects.toThrow(ProviderError)
      await expect(subject.unreachable.latencies(query)).rejects.toThrow(ProviderError)
    })
  })
}

/** A target that appeared after the start counts from 0. */
function windowOf({ fromMs, toMs }: CounterQuery) {
  return { fromMs, toMs, startedMs: fromMs }
}

/** Prometheus takes whole seconds. */
function isWithin(at: number, { fromMs, toMs }: CounterQuery): boolean {
  return at >= fromMs - 1000 && at <= toMs
}

function lastOf(series: readonly LabeledSeries[], boundary: number): number {
  return Math.max(
    0,
    ...series.filter(({ le }) => le === boundary).map(({ samples }) => samples.at(-1)?.[1] ?? 0),
  )
}
