import type { Counts } from './evidence.ts'
import { FAIL_GRID, PASS_GRID } from './eprocess.ts'
import { logSumExp } from './logspace.ts'

/** Chance that an interval that is shown, looked at any number of times, ever misses. */
const ALPHA = 0.05
const HALVINGS = 50

/** Shares of bad requests (0–1) that go with what was seen. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Confidence sequence of a share: all limits that neither the process against nor the one for them has refused at 2/α,
 * with all capital at the start, so that it depends on the sums alone.
 * @param phi dispersion, at least 1
 * @param alpha chance (0–1) of missing, on either side half of it
 */
export function intervalOf({ total, bad }: Counts, phi: number, alpha = ALPHA): Interval {
  if (total === 0) return { low: 0, high: 1 }
  const evidence = (grid: readonly number[], share: number): number =>
    logSumExp(grid.map((ratio) => (bad * Math.log(ratio) - share * total * (ratio - 1)) / phi)) -
    Math.log(grid.length)
  const needed = Math.log(2 / alpha)
  return {
    low: lastWhere((share) => evidence(FAIL_GRID, share) >= needed),
    high: 1 - lastWhere((rest) => evidence(PASS_GRID, 1 - rest) >= needed),
  }
}

/** The largest share with a property that holds up to it; 0 when it holds of none. */
function lastWhere(holds: (share: number) => boolean): number {
  let low = 0
  let high = 1
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}
