import type { LabeledSeries } from '../../../src/core/analysis/istio.ts'
import type { SideReadings } from '../../../src/core/analysis/readings.ts'

/** What a pod answers, evenly over time. */
export interface PodFlow {
  readonly pod: string
  readonly version: string
  /** Requests a minute by HTTP status. */
  readonly codes?: Readonly<Record<string, number>>
  /** Requests a minute, cumulative, by boundary in milliseconds. */
  readonly buckets?: Readonly<Record<string, number>>
}

export const MINUTE = 60_000

/** Counters of pods, scraped every minute up to a time (milliseconds) from 0 on. */
export function readingsOf(flows: readonly PodFlow[], untilMs: number): SideReadings {
  const counter = (perMinute: number) =>
    Array.from(
      { length: Math.floor(untilMs / MINUTE) + 1 },
      (_, minute) => [minute * MINUTE, minute * perMinute] as const,
    )
  const each = (
    { pod, version }: PodFlow,
    rates: Readonly<Record<string, number>>,
    label: (key: string) => Partial<LabeledSeries>,
  ): LabeledSeries[] =>
    Object.entries(rates).map(([key, rate]) => ({
      instance: pod,
      pod,
      version,
      ...label(key),
      samples: counter(rate),
    }))
  return {
    requests: flows.flatMap((flow) => each(flow, flow.codes ?? {}, (code) => ({ code }))),
    latencies: flows.flatMap((flow) => each(flow, flow.buckets ?? {}, (le) => ({ le: Number(le) }))),
  }
}
