import type { LabeledSeries } from '../../../src/core/analysis/istio.ts'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
import type { Readings } from '../../../src/core/analysis/readings.ts'
import type { Sample } from '../../../src/core/analysis/counters.ts'
import { binomial, seeded } from './random.ts'

/** A pod whose requests fail at random. Times are milliseconds. */
export interface RandomPod {
  readonly pod: string
  readonly version: string
  readonly perSecond: number
  /** Share of bad requests, 0–1, at a time. */
  readonly errors: (atMs: number) => number
  /** Before and after there are no requests. */
  readonly fromMs?: number
  readonly toMs?: number
}

const SCRAPE_MS = 15_000

/** Counters of pods as their own proxies have them, scraped every 15 s from 0 on, but for a gap. */
export function readingsOfPods(
  pods: readonly RandomPod[],
  untilMs: number,
  gap: readonly [fromMs: number, toMs: number] = [0, 0],
): Readings {
  const random = seeded(7)
  const requests = pods.flatMap((one): LabeledSeries[] => {
    const { pod, version, fromMs = 0, toMs = untilMs } = one
    const [good, bad]: [Sample[], Sample[]] = [[], []]
    let [ok, failed] = [1000, 1000]
    for (let at = fromMs; at <= toMs; at += SCRAPE_MS) {
      const count = Math.round((one.perSecond * SCRAPE_MS) / 1000)
      const share = one.errors(at)
      const bads = share === 0 ? 0 : binomial(random, count, share)
      ok += count - bads
      failed += bads
      if (at > gap[0] && at < gap[1]) continue
      good.push([at, ok])
      bad.push([at, failed])
    }
    const common = { instance: pod, pod, version }
    return [
      { ...common, code: '200', samples: good },
      { ...common, code: '503', samples: bad },
    ]
  })
  return { ...NO_READINGS, Destination: { requests, latencies: [] } }
}
