import { boundariesOf } from '../../../src/core/analysis/boundaries.ts'
import type { Random } from './random.ts'
import type { Setup } from './release.ts'
import { INDEPENDENT, LATENCY } from './scenarios.ts'
import { Traffic } from './traffic.ts'

/** Envoy's boundaries in milliseconds. */
const BOUNDARIES = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000]

/** Stable's latencies are lognormal: median in milliseconds, and deviation of the logarithm. Its p99 is 242 ms. */
const MEDIAN_MS = 60
const DEVIATION = 0.6

/** How the canary's latencies differ. */
export interface Slowness {
  readonly factor: number
  /** Share (0–1) of requests that take 3 s instead. */
  readonly hanging: number
}

const HANGING_MS = 3000
const STABLE: Slowness = { factor: 1, hanging: 0 }

/** A release whose boundaries are chosen from an hour of stable's requests. */
export function latencySetup(random: Random, rps: number, slowness: Slowness): Setup {
  const known = { rps, noise: INDEPENDENT }
  const all = { ...known, stable: sharesAt(BOUNDARIES, STABLE), canary: sharesAt(BOUNDARIES, STABLE) }
  const [hour] = new Traffic(all, random).next(0, 240).stable
  if (hour === undefined) throw new Error('stable has no pod')
  const buckets = BOUNDARIES.map((le, cut) => ({ le, count: hour.total - (hour.bad[cut] ?? 0) }))
  const boundaries = boundariesOf([...buckets, { le: Infinity, count: hour.total }]) ?? []
  const stable = sharesAt(boundaries, STABLE)
  return {
    measure: LATENCY,
    boundaries,
    scenario: { ...known, stable, canary: sharesAt(boundaries, slowness) },
  }
}

function sharesAt(boundaries: readonly number[], { factor, hanging }: Slowness): number[] {
  return boundaries.map((ms) => {
    const slower = upperTail(Math.log(ms / (MEDIAN_MS * factor)) / DEVIATION)
    return (1 - hanging) * slower + (ms < HANGING_MS ? hanging : 0)
  })
}

/** Quantile of the latencies in milliseconds. */
export function quantileMs(share: number, slowness: Slowness): number {
  let [low, high] = [0.1, 60_000]
  while (high - low > 0.1) {
    const middle = (low + high) / 2
    if ((sharesAt([middle], slowness)[0] ?? 0) > 1 - share) low = middle
    else high = middle
  }
  return high
}

/** Share of a normal distribution above z (Abramowitz and Stegun 26.2.17, error below 1e-7). */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z)
  const t = 1 / (1 + 0.2316419 * z)
  const factors = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429]
  const polynomial = factors.reduceRight((sum, factor) => t * (factor + sum), 0)
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial
}
