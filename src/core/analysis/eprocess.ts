import { logSumExp } from './logspace.ts'

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
  if (look.nCanary <= 0 || (params.rho > 0 && look.nStable <= 0)) return state
  const looks = state.looks + 1
  // Never more than is left: the bound on false alarms rests on a total capital of 1.
  const capital = Math.min(params.weight * lookShare(looks, params.gamma), Math.max(0, 1 - state.spent))
  const entering = Math.log(capital / params.grid.length)
  const logs = params.grid.map((ratio, index) => {
    const before = state.logs[index] ?? -Infinity
    return logSumExp([before, entering]) + logGrowth(look, params, ratio) / params.phi
  })
  return { logs, spent: state.spent + capital, looks }
}

/** Natural logarithm of the evidence: 0 at the start; the null hypothesis is refused at level α when it reaches ln(1/α). */
export function logE(state: EProcessState): number {
  return logSumExp([...state.logs, Math.log(Math.max(0, 1 - state.spent))])
}

/** Share of a step's capital that enters at its look number `index` (from 1); the shares of all looks sum up to 1. */
function lookShare(index: number, gamma: number): number {
  return index === 1 ? 1 - gamma : gamma / (index * (index - 1))
}

/** ℓ_R: logarithm of the factor by which one look multiplies the bet on `ratio`. */
function logGrowth(look: Look, params: EProcessParams, ratio: number): number {
  const { nStable, xStable, nCanary, xCanary } = look
  const { rho, delta } = params
  if (rho === 0) return xCanary * Math.log(ratio) - delta * nCanary * (ratio - 1)
  const a = nStable + rho * nCanary
  const b = nStable + rho * nCanary * ratio
  return (
    xCanary * Math.log(ratio) -
    (xCanary + xStable) * Math.log1p((rho * nCanary * (ratio - 1)) / a) -
    (delta * nCanary * (ratio - 1) * nStable) / b
  )
}
