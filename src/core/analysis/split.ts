import { FAIL_GRID, GAMMA, PASS_GRID, initialEProcess, logE, updateEProcess } from './eprocess.ts'
import type { EProcessState } from './eprocess.ts'
import type { Measure } from './measures.ts'
import type { Course } from './processes.ts'
import type { Pair } from './strands.ts'

/** Deviation from the weight that is tolerated where the user names none: a share of the weight. */
const TOLERATED = 0.25

/**
 * Evidence that the canary gets more, or fewer, requests than its weight says, beyond what is tolerated: the share of
 * the canary is held against fixed limits on both sides. It tells of a mistake in routing, never of the canary.
 */
export interface Split {
  readonly over: EProcessState
  readonly under: EProcessState
  /** Requests of this step. */
  readonly total: Pair<number>
}

/** Nothing was seen at this weight. */
export function initialSplit(): Split {
  return { over: initialEProcess(), under: initialEProcess(), total: { canary: 0, stable: 0 } }
}

/** After one more look at the requests of both versions. At 100 % there is nothing to split. */
export function updateSplit(split: Split, seen: Pair<number>, measure: Measure, course: Course): Split {
  const share = (course.weights[course.step] ?? 100) / 100
  const all = seen.canary + seen.stable
  if (share >= 1 || all === 0) return split
  const look = { nStable: 0, xStable: 0, nCanary: all, xCanary: seen.canary }
  const fixed = { rho: 0, phi: 1, gamma: GAMMA, weight: 1 }
  const tolerated = toleratedOf(measure)
  const { canary, stable } = split.total
  return {
    over: updateEProcess(split.over, look, { ...fixed, delta: share * (1 + tolerated), grid: FAIL_GRID }),
    under: updateEProcess(split.under, look, { ...fixed, delta: share * (1 - tolerated), grid: PASS_GRID }),
    total: { canary: canary + seen.canary, stable: stable + seen.stable },
  }
}

/** Natural logarithm of the evidence that the split is wrong. */
export function splitLogE({ over, under }: Split): number {
  return Math.max(logE(over), logE(under)) - Math.log(2)
}

/** Deviation from the weight that is tolerated, as a share of it. */
export function toleratedOf({ limit }: Measure): number {
  return limit ?? TOLERATED
}
