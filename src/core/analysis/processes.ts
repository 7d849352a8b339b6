import { FAIL_GRID, GAMMA, PASS_GRID, stepCapital } from './eprocess.ts'
import type { EProcessParams } from './eprocess.ts'
import type { Measure } from './measures.ts'

/**
 * What a process gathers evidence for: that the canary is above its absolute limit, worse than stable, no worse than
 * stable by more than may be harmed, or worse than stable was in the hour before.
 */
export type ProcessName = 'limit' | 'fail' | 'pass' | 'history'
export const PROCESSES: readonly ProcessName[] = ['limit', 'fail', 'pass', 'history']
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

/** What a process tests at a step, "canary ≤ ρ · stable + δ" (for pass: ≥), and the capital that it gets. */
export interface Hypothesis extends Pick<EProcessParams, 'rho' | 'delta' | 'weight' | 'gamma' | 'grid'> {
  /** δ grows by so many times stable's share of bad requests in the hour before. */
  readonly perPast?: number
}

/** What the processes of a measure test at a step; one that learns nothing is missing. */
export type Hypotheses = Readonly<Partial<Record<ProcessName, Hypothesis>>>

export function hypothesesOf(measure: Measure, course: Course): Hypotheses {
  const found: Partial<Record<ProcessName, Hypothesis>> = {}
  for (const name of processesOf(measure)) {
    const tested = HYPOTHESES[name](measure, course)
    if (tested !== undefined) found[name] = tested
  }
  return found
}

/** δ of a hypothesis; undefined when it needs the hour before, and nothing is known of it. */
export function deltaOf({ delta, perPast }: Hypothesis, past: number | undefined): number | undefined {
  if (perPast === undefined) return delta
  return past === undefined ? undefined : past * perPast + delta
}

/**
 * Parameters of a process at a step; undefined where it learns nothing.
 * @param known dispersion (at least 1), and stable's share (0–1) of bad requests in the hour before
 */
export function paramsOf(
  measure: Measure,
  process: ProcessName,
  course: Course,
  { phi, past }: { readonly phi: number; readonly past?: number | undefined },
): EProcessParams | undefined {
  const tested = HYPOTHESES[process](measure, course)
  const delta = tested && deltaOf(tested, past)
  if (tested === undefined || delta === undefined) return undefined
  const { rho, weight, gamma, grid } = tested
  return { rho, delta, phi, gamma, grid, weight }
}

const HARM = { gamma: GAMMA, grid: FAIL_GRID }
const HEALTH = { gamma: GAMMA, grid: PASS_GRID }

const HYPOTHESES: Readonly<
  Record<ProcessName, (measure: Measure, course: Course) => Hypothesis | undefined>
> = {
  limit: ({ limit }, { step, weights }) =>
    limit === undefined
      ? undefined
      : { ...HARM, rho: 0, delta: limit, weight: stepCapital(step, weights.length) },
  fail: ({ vsStable }, course) => {
    if (vsStable === undefined || !isCompared(course)) return undefined
    const compared = course.weights.filter((weight) => weight < 100).length
    const { tolerance: delta, relativeTolerance } = vsStable
    return { ...HARM, rho: 1 + relativeTolerance, delta, weight: stepCapital(course.step, compared) }
  },
  pass: ({ vsStable }, course) => {
    if (vsStable === undefined || !isCompared(course)) return undefined
    const { harmBudget, relativeTolerance } = vsStable
    const next = (course.weights[course.step + 1] ?? 100) / 100
    const rho = 1 + UNACCEPTABLE_RATIO * relativeTolerance
    return { ...HEALTH, rho, delta: harmBudget / next, weight: 1 }
  },
  history: ({ vsHistory }, course) => {
    if (vsHistory === undefined || isCompared(course)) return undefined
    const { tolerance, relativeTolerance } = vsHistory
    return { ...HARM, rho: 0, delta: tolerance, perPast: 1 + relativeTolerance, weight: 1 }
  },
}
