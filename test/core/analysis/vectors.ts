import { readFileSync } from 'node:fs'

/** Expected results, computed apart from this code with 40 digits (see the file's `tolerance`). */
export interface SequentialCase {
  id: string
  note: string
  params: Partial<Params>
  looks: [step: number, nStable: number, xStable: number, nCanary: number, xCanary: number][]
  logEFail: number[]
  logEPass: number[]
  verdicts: string[]
  final: string
}

export interface Params {
  alpha: number
  beta: number
  rhoFail: number
  deltaFail: number
  rhoPass: number
  deltaPass: number | number[]
  phi: number
  gamma: number
  failGrid: number[]
  passGrid: number[]
  steps: number
}

interface Vectors {
  defaults: Params
  cases: SequentialCase[]
  /** Evidence by a mixture over a beta distribution: another form of the same, without a tolerance. */
  betaBinomial: {
    id: string
    a: number
    b: number
    rho: number
    nStable: number
    xStable: number
    nCanary: number
    xCanary: number
    logE: number
  }[]
  combined: {
    id: string
    weights: number[]
    logEFail: number[][]
    expected: number[]
    verdicts: string[]
  }[]
  dispersion: { id: string; blocks: [total: number, bad: number][][]; phi: number }[]
  counters: {
    id: string
    prev: Record<string, number>
    cur: Record<string, number>
    increase: number
  }[]
  histograms: {
    id: string
    bounds: number[]
    cumulative: number[]
    T: number
    fail: number
    passSide: number
    interpolated: number
  }[]
}

const file = new URL('../../fixtures/analysis_vectors.json', import.meta.url)
export const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors

/** Distance in units of the tolerance that the vectors promise: fine up to 1. */
export function distance(got: number, want: number): number {
  return Math.abs(got - want) / (1e-6 * Math.max(1, Math.abs(want)))
}
