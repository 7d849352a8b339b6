import { logSumExp } from './logspace.ts'

/** The evidence of one metric, with its weight in the whole. */
export interface Share {
  readonly name: string
  readonly logE: number
  /** The weights of all metrics sum up to 1. */
  readonly weight: number
}

export interface Combined {
  readonly logE: number
  /** The metric with the largest share of the evidence; absent when there is none. */
  readonly cause?: string
}

/**
 * ln Σ ω·E: evidence of several metrics, however they depend on each other, under one bound.
 * Without metrics the evidence is that of nothing seen: 0.
 */
export function combine(shares: readonly Share[]): Combined {
  const logs = shares.map((share) => share.logE + Math.log(share.weight))
  const cause = shares[logs.indexOf(Math.max(...logs))]
  return cause === undefined ? { logE: 0 } : { logE: logSumExp(logs), cause: cause.name }
}
