import { attributed } from './attribution.ts'
import type { Attribution } from './attribution.ts'
import { lookEnd } from './look-end.ts'
import type { LabeledSeries } from './istio.ts'
import type { Reporter } from './strands.ts'

/** Raw counters of a service, as one side counted them. */
export interface SideReadings {
  readonly requests: readonly LabeledSeries[]
  /** Empty where latencies were not asked for. */
  readonly latencies: readonly LabeledSeries[]
}

/** Raw counters of a service: those of its callers, and of the pods' own proxies. */
export type Readings = Readonly<Record<Reporter, SideReadings>>

export const REPORTERS: readonly Reporter[] = ['Source', 'Destination']

/** Nothing was read. */
export const NO_READINGS: Readings = {
  Source: { requests: [], latencies: [] },
  Destination: { requests: [], latencies: [] },
}

/** The readings, each series of the version that the attribution says. */
export function attributedReadings(readings: Readings, attribution: Attribution | undefined): Readings {
  const side = ({ requests, latencies }: SideReadings): SideReadings => ({
    requests: attributed(requests, attribution),
    latencies: attributed(latencies, attribution),
  })
  return { Source: side(readings.Source), Destination: side(readings.Destination) }
}

/** The readings with the samples between two times only, both included; series without any stay away. */
export function between(readings: Readings, fromMs: number, toMs: number): Readings {
  const cut = (series: readonly LabeledSeries[]) =>
    series.flatMap((one) => {
      const first = placeOf(one.samples, fromMs)
      const end = placeOf(one.samples, toMs + 1)
      return first === end ? [] : [{ ...one, samples: one.samples.slice(first, end) }]
    })
  const side = ({ requests, latencies }: SideReadings) => ({
    requests: cut(requests),
    latencies: cut(latencies),
  })
  return { Source: side(readings.Source), Destination: side(readings.Destination) }
}

/** The place of the first sample at a time or later. */
function placeOf(samples: LabeledSeries['samples'], atMs: number): number {
  let [low, high] = [0, samples.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((samples[middle]?.[0] ?? Infinity) < atMs) low = middle + 1
    else high = middle
  }
  return low
}

/** All series of all sides. */
export function seriesOf(readings: Readings): readonly LabeledSeries[] {
  return REPORTERS.flatMap((reporter) => [...readings[reporter].requests, ...readings[reporter].latencies])
}

/**
 * The latest time up to which all live targets have reported: total and bad of a metric come from the same scrapes, and
 * all metrics cover the same time. Undefined when no target is alive.
 * @param nowMs by the clock that stamps the samples
 * @param fallbackMs scrape interval to assume until two samples of a target were seen
 */
export function readingsEnd(readings: Readings, nowMs: number, fallbackMs: number): number | undefined {
  const ends = REPORTERS.flatMap((reporter) => {
    const { requests, latencies } = readings[reporter]
    return [requests, latencies].flatMap((series) => lookEnd(series, nowMs, fallbackMs) ?? [])
  })
  return ends.length > 0 ? Math.min(...ends) : undefined
}
