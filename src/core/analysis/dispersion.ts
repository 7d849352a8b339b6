import type { Counts } from './evidence.ts'

/** Used where stable's pods cannot tell, or have too little to tell by: errors are seldom quite independent. */
const ASSUMED = 1.5
/** Fewer bad requests than these say nothing of how they are spread. */
const LEAST_BAD = 20
/** Bursts may last longer than a block, so blocks are joined as well. */
const JOINED = 5

/** What one pod answered in one block of time. */
export type PodBlock = Counts
/** Blocks in the order of time; in each the pods, at their own places. */
export type Blocks = readonly (readonly PodBlock[])[]

/** How far bad requests come in bursts: variance over that of independent requests. */
export interface Dispersion {
  /** At least 1; evidence is divided by it. */
  readonly phi: number
  /** It could be measured. Otherwise it is assumed. */
  readonly isMeasured: boolean
}

/**
 * Dispersion between the pods of one version.
 * @param blocks of a minute each
 */
export function dispersionOf(blocks: Blocks): Dispersion {
  const measured = Math.max(estimate(blocks), estimate(joined(blocks)))
  const pods = Math.max(0, ...blocks.map((block) => block.filter(({ total }) => total > 0).length))
  const bad = blocks.flat().reduce((sum, pod) => sum + pod.bad, 0)
  const isMeasured = pods >= 2 && bad >= LEAST_BAD
  return { phi: isMeasured ? measured : Math.max(measured, ASSUMED), isMeasured }
}

/**
 * Variance between pods over the variance of independent requests, plus one standard error (jackknife over blocks), at
 * least 1. A ratio of sums, lest rare bursts drown in quiet blocks; what all pods have in common does not count.
 */
export function estimate(blocks: Blocks): number {
  const terms = blocks.map(termsOf)
  const excess = terms.reduce((sum, { spread }) => sum + spread, 0)
  const expected = terms.reduce((sum, { independent }) => sum + independent, 0)
  if (expected <= 0) return 1
  const ratio = excess / expected
  const residuals = terms.reduce(
    (sum, { spread, independent }) => sum + (spread - ratio * independent) ** 2,
    0,
  )
  const correction = terms.length > 1 ? terms.length / (terms.length - 1) : 1
  return Math.max(1, ratio + Math.sqrt(correction * residuals) / expected)
}

function termsOf(block: readonly PodBlock[]): { spread: number; independent: number } {
  const total = block.reduce((sum, pod) => sum + pod.total, 0)
  if (total === 0) return { spread: 0, independent: 0 }
  const rate = block.reduce((sum, pod) => sum + pod.bad, 0) / total
  return {
    spread: block.reduce((sum, pod) => sum + (pod.bad - pod.total * rate) ** 2, 0),
    independent: rate * (1 - rate) * block.reduce((sum, pod) => sum + pod.total * (1 - pod.total / total), 0),
  }
}

function joined(blocks: Blocks): Blocks {
  return Array.from({ length: Math.ceil(blocks.length / JOINED) }, (_, index) =>
    blocks.slice(index * JOINED, (index + 1) * JOINED).reduce(added),
  )
}

function added(a: readonly PodBlock[], b: readonly PodBlock[]): PodBlock[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, pod) => ({
    total: (a[pod]?.total ?? 0) + (b[pod]?.total ?? 0),
    bad: (a[pod]?.bad ?? 0) + (b[pod]?.bad ?? 0),
  }))
}
