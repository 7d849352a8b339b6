import type { Sample } from './counters.ts'
import type { Blocks } from './dispersion.ts'
import { dispersionOf } from './dispersion.ts'
import type { Counts } from './evidence.ts'
import { initialEProcess, logE, updateEProcess } from './eprocess.ts'
import type { EProcessParams } from './eprocess.ts'
import { outcomeOf } from './istio.ts'
import type { LabeledSeries, Outcome } from './istio.ts'
import type { SideReadings } from './readings.ts'

/** What is bad: an outcome, or an answer that took longer than some milliseconds. */
export type Bad = { readonly outcome: Exclude<Outcome, 'good'> } | { readonly slowerThan: number }

/** How stable did in the time before, minute by minute, pod by pod. */
export interface Background {
  readonly pods: readonly string[]
  readonly blocks: Blocks
}

const BLOCK_MS = 60_000

/**
 * What the pods of a version answered in the time before, in blocks of a minute.
 * @param side samples about a minute apart
 */
export function backgroundOf(side: SideReadings, version: string, bad: Bad): Background {
  const ofVersion = (one: LabeledSeries) => one.version === version
  const own =
    'outcome' in bad
      ? byOutcome(side.requests.filter(ofVersion), bad.outcome)
      : bySpeed(side.latencies.filter(ofVersion), bad.slowerThan)
  const pods = [...new Set(own.map(({ series }) => podOf(series)))]
  const blocks = new Map<number, { total: number; bad: number }[]>()
  for (const { series, total, bad: isBad } of own) {
    const pod = pods.indexOf(podOf(series))
    for (const { block, added } of increments(series.samples)) {
      const row = blocks.get(block) ?? pods.map(() => ({ total: 0, bad: 0 }))
      blocks.set(block, row)
      const counts = row[pod]
      if (counts === undefined) continue
      counts.total += total * added
      counts.bad += isBad * added
    }
  }
  const order = [...blocks.keys()].toSorted((a, b) => a - b)
  return { pods, blocks: order.map((block) => (blocks.get(block) ?? []).map(possible)) }
}

/** A series with what each of its increments adds to the requests, and to the bad ones. */
interface Signed {
  readonly series: LabeledSeries
  readonly total: 0 | 1
  readonly bad: 0 | 1 | -1
}

function byOutcome(requests: readonly LabeledSeries[], outcome: Outcome): Signed[] {
  return requests.map((series) => ({ series, total: 1, bad: outcomeOf(series) === outcome ? 1 : 0 }))
}

/** Slower than a boundary is what is in all, and not up to it, or up to the next one above that there is. */
function bySpeed(latencies: readonly LabeledSeries[], boundary: number): Signed[] {
  const above = latencies.reduce(
    (nearest, { le = Infinity }) => (le >= boundary ? Math.min(nearest, le) : nearest),
    Infinity,
  )
  return latencies.flatMap((series): Signed[] => {
    if (series.le === Infinity) return [{ series, total: 1, bad: above === Infinity ? 0 : 1 }]
    return series.le === above ? [{ series, total: 0, bad: -1 }] : []
  })
}

/** Without pods' own proxies all pods are one. */
function podOf({ pod, instance }: LabeledSeries): string {
  return pod ?? instance
}

/** What a counter grew by from sample to sample, with the number of the minute; a reset begins at 0. */
export function increments(samples: readonly Sample[]): { block: number; added: number }[] {
  return samples.slice(1).map(([at, value], index) => {
    const before = samples[index]?.[1] ?? 0
    return { block: Math.floor(at / BLOCK_MS), added: value < before ? value : value - before }
  })
}

/** Buckets that were scraped apart may not fit together. */
function possible({ total, bad }: Counts): Counts {
  return { total, bad: Math.min(total, Math.max(0, bad)) }
}

/** Requests in all of the time, and those that were bad. */
export function countsIn({ blocks }: Background): Counts {
  return sumOf(blocks.flat())
}

/**
 * The pod of stable that would have failed as a canary beside the others: then what the test assumes does not hold, and
 * stable is no measure. Undefined when there is none.
 * @param params of the process that fails a canary; its dispersion is measured between the others
 * @param alpha chance (0–1) of a false alarm, over all pods
 */
export function outlierOf(
  background: Background,
  params: Omit<EProcessParams, 'phi' | 'weight'>,
  alpha: number,
): string | undefined {
  const { pods } = background
  if (pods.length < 2) return undefined
  return pods.find((_, pod) => harmBy(background, pod, params) >= Math.log(pods.length / alpha))
}

/** Logarithm of the evidence that a pod is worse than the others together. */
function harmBy({ blocks }: Background, pod: number, params: Omit<EProcessParams, 'phi' | 'weight'>): number {
  const others = blocks.map((block) => block.filter((__, place) => place !== pod))
  const { phi } = dispersionOf(others)
  return logE(
    blocks.reduce((state, block, index) => {
      const own = block[pod] ?? { total: 0, bad: 0 }
      const rest = sumOf(others[index] ?? [])
      const look = { nCanary: own.total, xCanary: own.bad, nStable: rest.total, xStable: rest.bad }
      return updateEProcess(state, look, { ...params, phi, weight: 1 })
    }, initialEProcess()),
  )
}

/** The same without one pod. */
export function withoutPod({ pods, blocks }: Background, pod: string | undefined): Background {
  const place = pods.indexOf(pod ?? '')
  if (place < 0) return { pods, blocks }
  return {
    pods: pods.filter((_, index) => index !== place),
    blocks: blocks.map((block) => block.filter((_, index) => index !== place)),
  }
}

function sumOf(counts: readonly Counts[]): Counts {
  return counts.reduce((sum, one) => ({ total: sum.total + one.total, bad: sum.bad + one.bad }), {
    total: 0,
    bad: 0,
  })
}
