import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countsOf } from '../../src/core/analysis/count-series.ts'
import type { CountQueries } from '../../src/core/analysis/query/source.ts'
import { ProviderError } from '../../src/ports.ts'
import type { MetricQueries, TimeSpan } from '../../src/ports.ts'

/** A Prometheus with counters of a version v1, which did at least 50 things in a span, none of them bad. */
export interface QueriesSubject {
  readonly queries: MetricQueries
  /** Queries that say 0.5, nothing, and more than one number; and one that is no PromQL. */
  readonly half: string
  readonly nothing: string
  readonly several: string
  readonly broken: string
  readonly counters: CountQueries
  /** Name of the metric that `counters.total` selects. */
  readonly name: string
  readonly span: TimeSpan
  /** One that does not answer. */
  readonly unreachable: MetricQueries
  close(): Promise<void>
}

/** What every implementation of the port MetricQueries does. */
export function metricQueriesContract(name: string, open: () => Promise<QueriesSubject>): void {
  describe(`queries of users (${name})`, () => {
    let subject: QueriesSubject

    beforeAll(async () => {
      subject = await open()
    })

    afterAll(async () => subject.close())

    it('say a number', async () => {
      expect(await subject.queries.number(subject.half)).toEqual({ kind: 'Number', value: 0.5 })
    })

    it('say that there is no data', async () => {
      expect(await subject.queries.number(subject.nothing)).toEqual({ kind: 'NoData' })
    })

    it('are bad when they say more than one number, or are no PromQL', async () => {
      for (const query of [subject.several, subject.broken])
        expect(await subject.queries.number(query)).toMatchObject({ kind: 'Bad' })
    })

    it('count what happened, and what of it was bad, by version', async () => {
      const { queries, counters, span } = subject
      const counts = countsOf(await queries.counters(counters, span), 'v1', {
        ...span,
        startedMs: span.fromMs,
      })
      expect(counts.total).toBeGreaterThanOrEqual(50)
      expect(counts.bad).toBe(0)
    })

    it('know the names of all metrics', async () => {
      expect(await subject.queries.names()).toContain(subject.name)
    })

    it('that nobody answers are an error of the provider', async () => {
      const { unreachable, counters, span } = subject
      expect(await unreachable.number('up')).toMatchObject({ kind: 'ProviderError' })
      await expect(unreachable.counters(counters, span)).rejects.toThrow(ProviderError)
      await expect(unreachable.names()).rejects.toThrow(ProviderError)
    })
  })
}
