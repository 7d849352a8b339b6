import { addLook, initialEvidence } from '../../src/core/analysis/evidence.ts'
import type { Counts, MetricLook } from '../../src/core/analysis/evidence.ts'
import { errorCounts, latencyCounts } from '../../src/core/analysis/istio.ts'
import type { LabeledSeries } from '../../src/core/analysis/istio.ts'
import { judge } from '../../src/core/analysis/judge.ts'
import { limitMsOf } from '../../src/core/analysis/measures.ts'
import type { Measure } from '../../src/core/analysis/measures.ts'
import { DEFAULT_LEVELS } from '../../src/core/analysis/verdict.ts'

/** Raw counters of a service over the time of a release. */
export interface Counters {
  readonly requests: readonly LabeledSeries[]
  readonly latencies: readonly LabeledSeries[]
}

/** The release that the counters are about. Times are milliseconds since the epoch. */
export interface Judged {
  readonly version: string
  readonly metrics: readonly Measure[]
  /** Of the steps, in percent. */
  readonly weights: readonly number[]
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
  const { version, metrics, weights, startedAt, countFrom } = judged
  const window = { fromMs: countFrom, toMs, startedMs: startedAt }
  const looks = Object.fromEntries(
    metrics.map((metric): [string, MetricLook] => {
      const limitMs = limitMsOf(metric)
      const counts =
        limitMs === undefined
          ? errorCounts(requests, version, window)
          : latencyCounts(latencies, version, { window, limitMs })
      return [metric.name, lookOf(counts, limitMs)]
    }),
  )
  const evidence = addLook(initialEvidence(metrics, weights.length), metrics, looks, { step: 0, weights })
  return judge(evidence, metrics, { levels: DEFAULT_LEVELS, weights }).verdict === 'Fail'
}

/** Bursts are assumed as Sluice assumes them where pods cannot be told apart. */
const PHI = 1.5

function lookOf({ total, bad }: Counts, limitMs: number | undefined): MetricLook {
  const cut = { bad: { canary: bad, stable: 0 }, phi: PHI }
  const cuts = [limitMs === undefined ? cut : { ...cut, at: limitMs, isLimit: true as const }]
  return { strands: [{ reporter: 'Source', total: { canary: total, stable: 0 }, cuts }] }
}
