import type { CountSeries } from '../../src/core/analysis/count-series.ts'
import type { LabeledSeries } from '../../src/core/analysis/istio.ts'
import type { Reading } from '../../src/core/analysis/number.ts'
import type { CountQueries } from '../../src/core/analysis/query/source.ts'
import { ProviderError } from '../../src/ports.ts'
import type { MetricQueries, TimeSpan } from '../../src/ports.ts'

/** A Prometheus that was told what to answer; queries that it was not told of find nothing. */
export class FakeMetricQueries implements MetricQueries {
  readonly #readings = new Map<string, Reading>()
  readonly #counters = new Map<string, readonly LabeledSeries[]>()
  #problem: string | undefined
  /** Queries for numbers, in the order in which they were asked. */
  readonly asked: string[] = []

  /** What a query says from now on. */
  tell(query: string, reading: Reading): void {
    this.#readings.set(query, reading)
  }

  /** All samples that a selector has. */
  count(selector: string, series: readonly LabeledSeries[]): void {
    this.#counters.set(selector, series)
  }

  /** Nothing is answered but this; undefined: it is. */
  fail(problem: string | undefined): void {
    this.#problem = problem
  }

  async number(query: string): Promise<Reading> {
    this.asked.push(query)
    if (this.#problem !== undefined) return { kind: 'ProviderError', reason: this.#problem }
    return this.#readings.get(query) ?? { kind: 'NoData' }
  }

  async counters({ bad, total }: CountQueries, span: TimeSpan): Promise<CountSeries> {
    this.#throwIfUnwell()
    return { bad: this.#within(bad, span), total: this.#within(total, span) }
  }

  async names(): Promise<readonly string[]> {
    this.#throwIfUnwell()
    return [...this.#counters.keys()].map((selector) => selector.replace(/\{.*$/s, ''))
  }

  #throwIfUnwell(): void {
    if (this.#problem !== undefined) throw new ProviderError(this.#problem)
  }

  #within(selector: string, { fromMs, toMs }: TimeSpan): LabeledSeries[] {
    return (this.#counters.get(selector) ?? []).map((series) => ({
      ...series,
      samples: series.samples.filter(([at]) => at >= fromMs && at <= toMs),
    }))
  }
}
