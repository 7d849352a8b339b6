import type { LabeledSeries } from '../../src/core/analysis/istio.ts'
import type { Sample, Window } from '../../src/core/analysis/counters.ts'

const SCRAPE_MS = 15_000
/** Five minutes that a look reaches back, and the time that it covers. */
const SCRAPES = 21
const CALLERS = 3
const VERSIONS = ['v1', 'v2']
const CODES = ['200', '404', '500', '503']
/** Istio's own boundaries. */
const BOUNDARIES_MS = [
  0.5,
  1,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10_000,
  30_000,
  60_000,
  300_000,
  600_000,
  1_800_000,
  3_600_000,
  Infinity,
]

/** Raw counters as a look reads them: two versions, three callers, scraped every 15 s over five minutes. */
export function counters(): {
  requests: LabeledSeries[]
  latencies: LabeledSeries[]
  window: Window
} {
  const each = (labels: Partial<LabeledSeries>, rate: number): LabeledSeries[] =>
    VERSIONS.flatMap((version) =>
      Array.from({ length: CALLERS }, (_, caller) => ({
        ...labels,
        version,
        instance: `caller-${caller}`,
        samples: samples(rate),
      })),
    )
  const toMs = (SCRAPES - 1) * SCRAPE_MS
  return {
    requests: CODES.flatMap((code, index) => each({ code }, 400 / 4 ** index)),
    latencies: BOUNDARIES_MS.flatMap((le, index) => each({ le }, 20 * (index + 1))),
    window: { fromMs: toMs - SCRAPE_MS, toMs, startedMs: 0 },
  }
}

function samples(rate: number): Sample[] {
  return Array.from({ length: SCRAPES }, (_, index): Sample => [index * SCRAPE_MS, Math.round(index * rate)])
}
