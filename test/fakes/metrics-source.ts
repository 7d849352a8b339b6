import type { LabeledSeries } from '../../src/core/analysis/istio.ts'
import type { CounterQuery, MetricsSource } from '../../src/ports.ts'
import { ProviderError } from '../../src/ports.ts'

const BOUNDARIES_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, Infinity]

/** Requests that a version of a service answers. */
export interface Flow {
  /** Full mesh host. */
  readonly service: string
  readonly version: string
  readonly perSecond: number
  /** Share of answers that are 503, 0–1. */
  readonly errors?: number
  /** Share of answers that take `slowMs` instead of 10 ms, 0–1. */
  readonly slow?: number
  readonly slowMs?: number
  /** Whose own proxies count it as well; each has the same part of the requests. Absent: none has a proxy. */
  readonly pods?: readonly string[]
}

interface Segment {
  readonly flow: Flow
  readonly sinceMs: number
}

/** A Prometheus that scrapes counters of steady flows: what it has at a time follows from the flows alone. */
export class FakeMetricsSource implements MetricsSource {
  readonly #scrapeMs: number
  readonly #segments: Segment[] = []
  readonly #gaps: { readonly fromMs: number; readonly toMs: number }[] = []
  #problem: string | undefined

  /** @param scrapeMs time between scrapes, milliseconds */
  constructor(scrapeMs = 1000) {
    this.#scrapeMs = scrapeMs
  }

  /** From a time on (milliseconds since the epoch) a version answers so; it replaces what it did before. */
  flow(flow: Flow, sinceMs: number): void {
    this.#segments.push({ flow, sinceMs })
  }

  /** After `fromMs` and before `toMs` (milliseconds since the epoch) nothing is scraped. */
  gap(fromMs: number, toMs: number): void {
    this.#gaps.push({ fromMs, toMs })
  }

  /** Queries fail with this; undefined: they are answered. */
  fail(problem: string | undefined): void {
    this.#problem = problem
  }

  async requests(query: CounterQuery): Promise<readonly LabeledSeries[]> {
    this.#throwIfUnwell()
    return this.#sourcesOf(query).flatMap((source) => [
      this.#series(query, source, { code: '200' }, ({ errors = 0 }) => 1 - errors),
      this.#series(query, source, { code: '503' }, ({ errors = 0 }) => errors),
    ])
  }

  async latencies(query: CounterQuery): Promise<readonly LabeledSeries[]> {
    this.#throwIfUnwell()
    return this.#sourcesOf(query).flatMap((source) =>
      BOUNDARIES_MS.map((le) => this.#series(query, source, { le }, (flow) => shareWithin(flow, le))),
    )
  }

  #throwIfUnwell(): void {
    if (this.#problem !== undefined) throw new ProviderError(this.#problem)
  }

  #isMissed(at: number): boolean {
    return this.#gaps.some(({ fromMs, toMs }) => fromMs < at && at < toMs)
  }

  /** Who counts: the gateway for each version, or each of its pods. */
  #sourcesOf({ service, reporter = 'Source' }: CounterQuery): Source[] {
    const segments = this.#segments.filter(({ flow }) => flow.service === service)
    const versions = [...new Set(segments.map(({ flow }) => flow.version))]
    return versions.flatMap((version) => {
      const flows = segments.filter(({ flow }) => flow.version === version)
      if (reporter === 'Source') return [{ instance: 'fake/gateway', version, segments: flows, share: 1 }]
      const pods = [...new Set(flows.flatMap(({ flow }) => flow.pods ?? []))]
      return pods.map((pod) => {
        return { instance: `fake/${pod}`, pod, version, segments: flows, share: 1 / pods.length }
      })
    })
  }

  #series(
    { fromMs, toMs, stepMs = this.#scrapeMs }: CounterQuery,
    { segments, share, ...labels }: Source,
    of: Pick<LabeledSeries, 'code' | 'le'>,
    part: (flow: Flow) => number,
  ): LabeledSeries {
    const samples: [number, number][] = []
    const start = Math.max(fromMs, segments[0]?.sinceMs ?? Infinity)
    for (let at = Math.ceil(start / stepMs) * stepMs; at <= toMs; at += stepMs) {
      const scrapedAt = Math.floor(at / this.#scrapeMs) * this.#scrapeMs
      if (!this.#isMissed(at)) samples.push([at, countAt(segments, scrapedAt, (flow) => share * part(flow))])
    }
    return { ...labels, ...of, samples }
  }
}

/** Whoever counts requests of a version, with its share of them. */
interface Source extends Pick<LabeledSeries, 'instance' | 'version' | 'pod'> {
  readonly segments: readonly Segment[]
  readonly share: number
}

function countAt(segments: readonly Segment[], at: number, share: (flow: Flow) => number): number {
  const counts = segments.map(({ flow, sinceMs }, index) => {
    const untilMs = Math.min(at, segments[index + 1]?.sinceMs ?? Infinity)
    return (Math.max(0, untilMs - sinceMs) / 1000) * flow.perSecond * share(flow)
  })
  return Math.floor(counts.reduce((sum, count) => sum + count, 0))
}

function shareWithin({ slow = 0, slowMs = 900 }: Flow, le: number): number {
  const fast = le >= 10 ? 1 - slow : 0
  return fast + (le >= slowMs ? slow : 0)
}
