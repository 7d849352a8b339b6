import { FAIL_GRID, GAMMA, PASS_GRID, stepCapital } from './eprocess.ts'
import type { EProcessParams } from './eprocess.ts'
import type { Measure } from './measures.ts'

/**
 * What a process gathers evidence for: that the canary is above its absolute limit, worse than stable, no worse than
 * stable by more than may be harmed, or worse than stable was in the hour before.
 */
export type ProcessName = 'limit' | 'fail' | 'pass' | 'history'
/** Those that speak against the canary. */
export const AGAINST: readonly ProcessName[] = ['limit', 'fail', 'history']

/** Where a release stands among its steps. */
export interface Course {
  /** Index of the step, from 0. */
  readonly step: number
  /** Of each step, in percent. */
  readonly weights: readonly number[]
}

/** ρ₁ − 1 = 5 (ρ₀ − 1): what counts as unacceptable lies further off than what is tolerated. */
const UNACCEPTABLE_RATIO = 5

/** Does the canary share the traffic with a stable version to compare it with? */
export function isCompared({ step, weights }: Course): boolean {
  return (weights[step] ?? 0) < 100
}

/** Processes that a measure needs at all. */
export function processesOf({ limit, vsStable, vsHistory }: Measure): ProcessName[] {
  return [
    ...(limit === undefined ? [] : (['limit'] as const)),
    ...(vsStable ? (['fail', 'pass'] as const) : []),
    ...(vsHistory ? (['history'] as const) : []),
  ]
}

/**
 * Parameters of a process at a step; undefined where it learns nothing.
 * @param known dispersion (at least 1), and stable's share (0–1) of bad requests in the hour before
 */
export function paramsOf(
  measure: Measure,
  process: ProcessName,
  course: Course,
  known: { readonly phi: number; readonly past?: number },
): EProcessParams | undefined {
  const hypothesis = NULLS[process](measure, course, known.past)
  if (hypothesis === undefined) return undefined
  const grid = process === 'pass' ? PASS_GRID : FAIL_GRID
  return { ...hypothesis, phi: known.phi, gamma: GAMMA, grid }
}

/** A null hypothesis "canary ≤ ρ · stable + δ" (for pass: ≥), and the capital that its process gets at this step. */
type Null = Pick<EProcessParams, 'rho' | 'delta' | 'weight'>

const NULLS: Readonly<
  Record<ProcessName, (measure: Measure, course: Course, past: number | undefined) => Null | undefined>
> = {
  limit: ({ limit }, { step, weights }) =>
    limit === undefined ? undefined : { rho: 0, delta: limit, weight: stepCapital(step, weights.length) },
  fail: ({ vsStable }, course) => {
    if (vsStable === undefined || !isCompared(course)) return undefined
    const compared = course.weights.filter((weight) => weight < 100).length
    const { tolerance: delta, relativeTolerance } = vsStable
    return { rho: 1 + relativeTolerance, delta, weight: stepCapital(course.step, compared) }
  },
  pass: ({ vsStable }, course) => {
    if (vsStable === undefined || !isCompared(course)) return undefined
    const { harmBudget, relativeTolerance } = vsStable
    const next = (course.weights[course.step + 1] ?? 100) / 100
    return { rho: 1 + UNACCEPTABLE_RATIO * relativeTolerance, delta: harmBudget / next, weight: 1 }
  },
  history: ({ vsHistory }, course, past) => {
    if (vsHistory === undefined || past === undefined || isCompared(course)) return undefined
    const { tolerance, relativeTolerance } = vsHistory
    return { rho: 0, delta: past * (1 + relativeTolerance) + tolerance, weight: 1 }
  },
}
