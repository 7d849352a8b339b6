import { logAddExp, logSumExp } from './logspace.ts'

/**
 * Sequential test of "canary ≤ ρ · stable + δ" that may be looked at any number of times.
 *
 * Each grid ratio R is a bet that the canary's rate is R times what the null hypothesis allows (R > 1: evidence of harm)
 * or only R times what it forbids (R < 1: evidence of health). The capital of a bet grows by e^ℓ with each look. Under the
 * null the whole is a non-negative supermartingale, so the chance that it ever reaches 1/α is at most α, whenever and
 * however often one looks. ρ = 0 is a fixed limit δ: stable is not needed then.
 */

/** Ratios that bet on harm, for the process that fails a canary. */
export const FAIL_GRID: readonly number[] = [1.25, 1.6, 2.5, 5, 12, 30]
/** Ratios that bet on health, for the process that passes a step. */
export const PASS_GRID: readonly number[] = [0.02, 0.15, 0.4, 0.7, 0.9]
/** Share of a step's capital that is kept back for its later looks, so that a late change is found as well. */
export const GAMMA = 0.25

/** All that must be remembered between looks. Survives JSON. */
export interface EProcessState {
  /** Natural logarithm of each bet's capital, in the order of the grid. Empty before the first informative look. */
  readonly logs: readonly number[]
  /** Share of the total capital (1) that has been put into bets. */
  readonly spent: number
  /** Informative looks of the step under way. */
  readonly looks: number
}

/** Requests and bad requests of both versions since the look before. */
export interface Look {
  readonly nStable: number
  readonly xStable: number
  readonly nCanary: number
  readonly xCanary: number
}

export interface EProcessParams {
  /** Factor on stable's rate; 0 for a fixed limit. */
  readonly rho: number
  /** Share of requests (0–1) on top of it; the limit itself when rho is 0. */
  readonly delta: number
  /** Dispersion: 1 for independent requests, more when bad requests come in bursts. */
  readonly phi: number
  /** Share of the step's capital kept for the looks after the first. */
  readonly gamma: number
  readonly grid: readonly number[]
  /** Capital of this step (0–1); over all steps the sum is at most 1. */
  readonly weight: number
}

/** The state before any request was seen. */
export function initialEProcess(): EProcessState {
  return { logs: [], spent: 0, looks: 0 }
}

/** The state at the start of the next step: bets go on, and the step brings capital of its own. */
export function enterStep(state: EProcessState): EProcessState {
  return { ...state, looks: 0 }
}

/**
 * Capital that the fail process gets at a step: half at the first, the rest in equal parts.
 * @param step index from 0
 * @param steps number of steps of the release
 */
export function stepCapital(step: number, steps: number): number {
  if (steps === 1) return 1
  return step === 0 ? 0.5 : 0.5 / (steps - 1)
}

/** The state after one more look. A look that says nothing (no canary, or no stable to compare with) changes nothing. */
export function updateEProcess(state: EProcessState, look: Look, params: EProcessParams): EProcessState {
  const stakes = stakesOf(state, look, params)
  if (stakes === undefined) return state
  const { entering, odds } = stakes
  const bad = { xCanary: look.xCanary, xStable: look.xStable, delta: params.delta, phi: params.phi }
  const logs = odds.map((one, index) => growBet(state.logs[index] ?? -Infinity, entering, one, bad))
  return { logs, spent: state.spent + stakes.capital, looks: state.looks + 1 }
}

/** What a look means to the bets of a process, whichever of its requests were bad. */
export interface Stakes {
  /** Share of the total capital that enters at this look. */
  readonly capital: number
  /** Natural logarithm of what each bet gets of it. */
  readonly entering: number
  /** In the order of the grid. */
  readonly odds: readonly Odds[]
}

/** Bad requests of a look, and how they are to be read. */
export type BadLook = Pick<Look, 'xCanary' | 'xStable'> & Pick<EProcessParams, 'delta' | 'phi'>

/** By how much a bet grows, as natural logarithms. */
export interface Odds {
  /** For each bad request of the canary. */
  readonly own: number
  /** Taken off again for each bad request of either version. */
  readonly shared: number
  /** Taken off for δ = 1: what the canary is allowed. */
  readonly allowed: number
}

/** What a look means to a process; undefined when it says nothing. */
export function stakesOf(
  { spent, looks }: Pick<EProcessState, 'spent' | 'looks'>,
  { nStable, nCanary }: Pick<Look, 'nStable' | 'nCanary'>,
  { rho, weight, gamma, grid }: Pick<EProcessParams, 'rho' | 'weight' | 'gamma' | 'grid'>,
): Stakes | undefined {
  if (nCanary <= 0 || (rho > 0 && nStable <= 0)) return undefined
  // Never more than is left: the bound on false alarms rests on a total capital of 1.
  const capital = Math.min(weight * lookShare(looks + 1, gamma), Math.max(0, 1 - spent))
  const odds = grid.map((ratio) => oddsOf(ratio, rho, nStable, nCanary))
  return { capital, entering: Math.log(capital / grid.length), odds }
}

/** Natural logarithm of a bet's capital after a look; before it there may have been none, −Infinity. */
export function growBet(
  log: number,
  entering: number,
  { own, shared, allowed }: Odds,
  { xCanary, xStable, delta, phi }: BadLook,
): number {
  const growth = xCanary * own - (xCanary + xStable) * shared - delta * allowed
  return logAddExp(log, entering) + growth / phi
}

/** Natural logarithm of the evidence: 0 at the start; the null hypothesis is refused at level α when it reaches ln(1/α). */
export function logE(state: EProcessState): number {
  return logSumExp([...state.logs, Math.log(Math.max(0, 1 - state.spent))])
}

/** Share of a step's capital that enters at its look number `index` (from 1); the shares of all looks sum up to 1. */
function lookShare(index: number, gamma: number): number {
  return index === 1 ? 1 - gamma : gamma / (index * (index - 1))
}

/** ℓ_R in its parts: logarithm of the factor by which one look multiplies the bet on `ratio`. */
function oddsOf(ratio: number, rho: number, nStable: number, nCanary: number): Odds {
  const own = Math.log(ratio)
  const more = nCanary * (ratio - 1)
  if (rho === 0) return { own, shared: 0, allowed: more }
  const a = nStable + rho * nCanary
  const b = nStable + rho * nCanary * ratio
  return { own, shared: Math.log1p((rho * more) / a), allowed: (more * nStable) / b }
}
