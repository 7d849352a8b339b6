import type { LabeledSeries } from '../../core/analysis/istio.ts'
import type { Row } from './answer.ts'
import type { Span } from './client.ts'
import { cutBefore, sizeOf, takeIn } from './columns.ts'
import { keyOf } from './key.ts'
import type { Topic } from './reads.ts'
import { columnsOf, labelsOf, seriesIn } from './series.ts'
import type { KnownSeries, Wish } from './series.ts'

/** What is read again each time (milliseconds): samples may arrive later than newer ones. */
const OVERLAP_MS = 30_000
/** Kept beyond what was asked for last (milliseconds): two observers of a service do not ask for quite the same time. */
const SLACK_MS = 60_000

/** Counters of a service of the last few minutes. */
export class Kept {
  readonly #topic: Topic
  readonly #series = new Map<number, KnownSeries>()
  /** All samples between these times are known; none before the first read. */
  #knownMs: Span | undefined
  /** Numbers that are kept. */
  size = 0

  constructor(topic: Topic) {
    this.#topic = topic
  }

  /** Number of its series. */
  get series(): number {
    return this.#series.size
  }

  /** What must be read to answer for a time: all of it, or what is new. */
  missing({ fromMs, toMs }: Span): Span {
    const known = this.#knownMs
    if (known === undefined || fromMs < known.fromMs || fromMs > known.toMs) return { fromMs, toMs }
    return { fromMs: Math.max(fromMs, Math.min(known.toMs, toMs) - OVERLAP_MS), toMs }
  }

  /**
   * Takes in all that was read of a time. Throws a ProviderError, and knows what it knew before, when a sample is no
   * number.
   */
  take(rows: readonly Row[], span: Span): void {
    const fresh = rows.map((row) => ({ key: keyOf(row), row, columns: columnsOf(row) }))
    if (this.#isApart(span)) this.#forget()
    for (const { key, row, columns } of fresh) {
      const known = this.#series.get(key)
      if (known === undefined) this.#series.set(key, { labels: labelsOf(row, this.#topic), columns })
      else takeIn(known.columns, columns, span.fromMs)
    }
    this.#knownMs = {
      fromMs: Math.min(span.fromMs, this.#knownMs?.fromMs ?? Infinity),
      toMs: Math.max(span.toMs, this.#knownMs?.toMs ?? -Infinity),
    }
  }

  /** Forgets what is older than what was asked for. */
  forgetBefore(fromMs: number): void {
    const limit = fromMs - SLACK_MS
    this.size = 0
    for (const [key, { columns }] of this.#series) {
      cutBefore(columns, limit)
      if (columns.times.length === 0) this.#series.delete(key)
      this.size += sizeOf(columns)
    }
    if (this.#knownMs) this.#knownMs = { ...this.#knownMs, fromMs: Math.max(limit, this.#knownMs.fromMs) }
  }

  /** What is known of a time. */
  answer(span: Wish): LabeledSeries[] {
    return seriesIn(this.#series.values(), span, this.#topic)
  }

  #forget(): void {
    this.#series.clear()
    this.#knownMs = undefined
  }

  /** A time that does not follow on what is known. */
  #isApart({ fromMs, toMs }: Span): boolean {
    const known = this.#knownMs
    return known !== undefined && (fromMs > known.toMs || toMs < known.fromMs)
  }
}
