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
  /** Pods of v1 whose own proxies count what they answered; empty where there is no such proxy. */
  readonly pods: readonly string[]
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

    it('are those of the callers unless asked otherwise, which know no pods', async () => {
      const series = await subject.metrics.requests(query)
      expect(await subject.metrics.requests({ ...query, reporter: 'Source' })).toEqual(series)
      expect(series.filter(({ pod }) => pod !== undefined)).toEqual([])
    })

    it('are those of the pods’ own proxies where that is asked, each with its pod', async () => {
      const { metrics, pods } = subject
      const destination: CounterQuery = { ...query, reporter: 'Destination' }
      for (const series of [await metrics.requests(destination), await metrics.latencies(destination)]) {
        const of = series.filter(({ version }) => version === 'v1').map(({ pod }) => pod)
        expect(new Set(of)).toEqual(new Set(pods))
      }
      const counts = errorCounts(await metrics.requests(destination), 'v1', windowOf(query))
      // A scrape that covers the last of them may come later than that of the callers.
      expect(counts.total).toBeGreaterThanOrEqual(pods.length === 0 ? 0 : 40)
    })

    it('are one sample a step where that is asked, at the times of the steps', async () => {
      const stepMs = 2000
      // Some take multiples of the step only.
      const fromMs = Math.ceil(query.fromMs / stepMs) * stepMs
      const series = await subject.metrics.requests({ ...query, fromMs, stepMs })
      const times = series.flatMap(({ samples }) => samples.map(([at]) => at))
      expect(times.length).toBeGreaterThan(0)
      expect(times.filter((at) => (at - fromMs) % stepMs !== 0 || !isWithin(at, query))).toEqual([])
      const whole = await subject.metrics.requests(query)
      const counted = (all: readonly LabeledSeries[]) =>
        Math.max(0, ...all.flatMap(({ samples }) => samples.map(([, value]) => value)))
      expect(counted(series)).toBeLessThanOrEqual(counted(whole))
    })

    it('of several services asked for at once are those of each', async () => {
      const nobody = { ...query, service: 'nobody.shop.svc.cluster.local' }
      const early = { ...query, toMs: query.fromMs - 1000, fromMs: query.fromMs - 2000 }
      const { metrics } = subject
      const [ours, theirs, before, again] = await Promise.all(
        [query, nobody, early, query].map(async (one) => metrics.requests(one)),
      )
      expect(ours).toEqual(await metrics.requests(query))
      expect(again).toEqual(ours)
      expect(theirs).toEqual([])
      expect((before ?? []).flatMap(({ samples }) => samples)).toEqual([])
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
