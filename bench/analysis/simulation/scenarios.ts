import { measuresOf } from '../../../src/core/analysis/measures.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import type { Noise, Scenario } from './traffic.ts'

const one = (measures: readonly Measure[]): Measure => {
  const [first] = measures
  if (first === undefined) throw new Error('a simulation needs a measure')
  return first
}

/** Errors against stable, with the margins that hold where the user names none. */
export const ERRORS: Measure = one(measuresOf([{ name: 'error-rate', istio: 'ErrorRate', vsStable: {} }]))
/** The same without any tolerance. */
export const STRICT: Measure = one(
  measuresOf([{ name: 'error-rate', istio: 'ErrorRate', vsStable: { tolerance: '0%' } }]),
)
/** Latencies against stable, with the margins that hold where the user names none. */
export const LATENCY: Measure = one(measuresOf([{ name: 'latency', istio: 'Latency', vsStable: {} }]))

/** What stable's share of failed requests is, where nothing else is said. */
export const BASE = 0.001

export const INDEPENDENT: Noise = { kind: 'independent' }

/** Traffic in which a share of the canary's requests fails. */
export function errorsOf(canary: number, options: Partial<Scenario> = {}): Scenario {
  return { rps: 100, stable: [BASE], canary: [canary], noise: INDEPENDENT, ...options }
}

interface Named {
  readonly name: string
  readonly scenario: Scenario
}

const aToA = (name: string, options: Partial<Scenario>, base = BASE): Named => ({
  name,
  scenario: errorsOf(base, { stable: [base], ...options }),
})

const bursts = (phi: number, minutes = 1): Noise => ({ kind: 'bursts', phi, minutes })

/** Both versions alike, each request for itself. */
export const CALM: readonly Named[] = [
  ...[1, 10, 20, 100, 1000].map((rps) => aToA(`${rps} rps`, { rps })),
  aToA('100 rps, 0.5 % fail', {}, 0.005),
  aToA('100 rps, incidents of both: 2 % of minutes at 5 %', {
    noise: { kind: 'incidents', share: 0.02, rate: 0.05 },
  }),
]

/** Both versions alike, pods' errors in bursts. */
export const BURSTY: readonly Named[] = [
  aToA('100 rps, pods φ = 2', { noise: bursts(2) }),
  aToA('100 rps, pods φ = 4', { noise: bursts(4) }),
  aToA('1000 rps, pods φ = 4', { rps: 1000, noise: bursts(4) }),
  aToA('100 rps, pods φ = 2, bursts of 5 min', { noise: bursts(2, 5) }),
  aToA('1000 rps, pods φ = 8', { rps: 1000, noise: bursts(8) }),
  aToA('100 rps, a pod at 5 % in 2 % of minutes (φ ≈ 16)', {
    noise: { kind: 'spikes', share: 0.02, rate: 0.05 },
  }),
]
