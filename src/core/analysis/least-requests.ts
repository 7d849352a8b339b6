import { GAMMA, PASS_GRID, initialEProcess, logE, updateEProcess } from './eprocess.ts'
import type { EProcessParams, EProcessState, Look } from './eprocess.ts'

/** Forecasts beyond this many requests are no use to anybody. */
const FORECAST_CAP = 2 ** 30

/** Requests as they come: what is known of them up to now. */
export interface Rates {
  /** Share of bad requests, 0–1. */
  readonly canary: number
  readonly stable: number
  /** Requests to stable for each one to the canary. */
  readonly stablePerCanary: number
}

/**
 * The error-free minimum: the least number of requests, none of them bad, that show a rate below the limit.
 * @param limit share of bad requests, 0–1; no countable number of requests can show a limit of (almost) 0, so the answer is Infinity then
 * @param beta chance of believing it of a canary that is at the limit
 */
export function leastRequests(limit: number, beta: number): number {
  if (limit <= 0) return Infinity
  const params = { rho: 0, delta: limit, phi: 1, gamma: GAMMA, grid: PASS_GRID, weight: 1 }
  const threshold = Math.log(1 / beta)
  // The boldest bet alone is enough at the upper end, so the whole mixture is.
  const alone = Math.log((1 - GAMMA) / PASS_GRID.length)
  const upper = Math.ceil((threshold - alone) / (limit * (1 - Math.min(...PASS_GRID))))
  if (upper > Number.MAX_SAFE_INTEGER) return Infinity
  const clean = { canary: 0, stable: 0, stablePerCanary: 0 }
  return leastWhere(
    (requests) => reached(initialEProcess(), lookOf(requests, clean), params, threshold),
    upper,
  )
}

/**
 * How many more canary requests take a process to a threshold, if rates stay as they are.
 * Undefined when they never do (or not within a billion requests).
 * @param threshold ln(1/α)
 */
export function requestsUntil(
  state: EProcessState,
  rates: Rates,
  params: EProcessParams,
  threshold: number,
): number | undefined {
  return requestsWhere((requests) => reached(state, lookOf(requests, rates), params, threshold))
}

/**
 * The least number of requests with a property that, once it holds, goes on to hold; undefined when it never does (or not
 * within a billion requests).
 */
export function requestsWhere(holds: (requests: number) => boolean): number | undefined {
  let upper = 1
  while (upper < FORECAST_CAP && !holds(upper)) upper *= 2
  return holds(upper) ? leastWhere(holds, upper) : undefined
}

function lookOf(requests: number, { canary, stable, stablePerCanary }: Rates): Look {
  const nStable = requests * stablePerCanary
  return { nStable, xStable: nStable * stable, nCanary: requests, xCanary: requests * canary }
}

function reached(state: EProcessState, look: Look, params: EProcessParams, threshold: number): boolean {
  return logE(updateEProcess(state, look, params)) >= threshold
}

/** The least whole number from 1 to `upper` with the property, which holds at `upper` and, once it holds, goes on to hold. */
function leastWhere(holds: (value: number) => boolean, upper: number): number {
  let below = 0
  let least = upper
  while (least - below > 1) {
    const middle = Math.floor((below + least) / 2)
    if (holds(middle)) least = middle
    else below = middle
  }
  return least
}
