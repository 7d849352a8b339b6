import type { Outcome } from '../../benchmark.ts'
import { against } from '../../format.ts'
import { quantile } from '../../statistics.ts'

/** Some tables, what they say for programs, and what must never be. */
export type Part = Outcome

/** `0.07 %` */
export function percent(share: number): string {
  const value = share * 100
  return `${value === 0 || value >= 10 ? value.toFixed(0) : Number(value.toPrecision(2))} %`
}

/** Seconds, or `never`. */
export function when(seconds: number): string {
  return seconds === Infinity ? 'never' : `${seconds} s`
}

/**
 * The goal of a share, and whether it was kept.
 * @param count of so many runs
 */
export function shareGoal(count: number, runs: number, goal: number): string {
  const isChance = count > runs * goal && !breaks(count, runs, goal)
  return isChance ? `${percent(goal)} within chance` : against(count / runs, goal, percent)
}

/**
 * Is a share larger than its bound by more than the chance of the simulation (three deviations) explains?
 * @param count of so many runs
 */
export function breaks(count: number, runs: number, bound: number): boolean {
  return count > runs * bound + 3 * Math.sqrt(runs * bound)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
