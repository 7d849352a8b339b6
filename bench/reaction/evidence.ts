import { addLook, initialEvidence } from '../../src/core/analysis/evidence.ts'
import type { LimitMetric } from '../../src/core/analysis/evidence.ts'
import { errorCounts, latencyCounts } from '../../src/core/analysis/istio.ts'
import type { LabeledSeries } from '../../src/core/analysis/istio.ts'
import { judge } from '../../src/core/analysis/limit.ts'
import { limitMs } from '../../src/core/analysis/limits.ts'

/** Raw counters of a service over the time of a release. */
export interface Counters {
  readonly requests: readonly LabeledSeries[]
  readonly latencies: readonly LabeledSeries[]
}

/** The release that the counters are about. Times are milliseconds since the epoch. */
export interface Judged {
  readonly version: string
  readonly metrics: readonly LimitMetric[]
  readonly steps: number
  /** When the release began, and from when on its requests count. */
  readonly startedAt: number
  readonly countFrom: number
}

/**
 * The first scrape after which a look at everything since `countFrom` says Fail: time of the scrape in milliseconds
 * since the epoch. Undefined when there is none. Uses the analysis that Sluice uses, on samples read independently.
 */
export function decidingScrape(counters: Counters, judged: Judged): number | undefined {
  return scrapesAfter(counters, judged.countFrom).find((toMs) => isFail(counters, judged, toMs))
}

function scrapesAfter({ requests }: Counters, fromMs: number): number[] {
  const times = requests.flatMap(({ samples }) => samples.map(([at]) => at))
  return [...new Set(times)].filter((at) => at > fromMs).toSorted((a, b) => a - b)
}

function isFail({ requests, latencies }: Counters, judged: Judged, toMs: number): boolean {
  const { version, metrics, steps, startedAt, countFrom } = judged
  const window = { fromMs: countFrom, toMs, startedMs: startedAt }
  const counts = Object.fromEntries(
    metrics.map((metric) => [
      metric.name,
      metric.kind === 'ErrorRate'
        ? errorCounts(requests, version, window)
        : latencyCounts(latencies, version, { window, limitMs: limitMs(metric) }),
    ]),
  )
  const evidence = addLook(initialEvidence(metrics, steps), metrics, counts, 0)
  return judge(evidence, metrics).verdict === 'Fail'
}
