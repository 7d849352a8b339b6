import { binomial, share } from './random.ts'
import type { Random } from './random.ts'

/** How bad requests come. Rates change from minute to minute. */
export type Noise =
  /** Each request for itself. */
  | { readonly kind: 'independent' }
  /** In a share of the minutes both versions have another rate. */
  | { readonly kind: 'incidents'; readonly share: number; readonly rate: number }
  /** Pods' rates vary so that their counts of a minute have φ times the variance; a rate lasts some minutes. */
  | { readonly kind: 'bursts'; readonly phi: number; readonly minutes: number }
  /** In a share of its minutes a pod has another rate. */
  | { readonly kind: 'spikes'; readonly share: number; readonly rate: number }

/**
 * Shares (0–1) of requests that are bad, by cut: one for errors; for latencies those slower than each boundary, so the
 * shares fall, and requests slower than one are among those slower than the one before.
 */
export type Shares = readonly number[]

export interface Scenario {
  /** Requests a second, of both versions together. */
  readonly rps: number
  readonly stable: Shares
  readonly canary: Shares
  /** Moves the first share. */
  readonly noise: Noise
  /** Looks, from the beginning of all traffic, in which the canary is as stable. */
  readonly goodLooks?: number
}

/** What a pod answered. */
export interface PodCounts {
  readonly total: number
  /** By cut. */
  readonly bad: readonly number[]
}

/** What was answered in one stretch of time. */
export interface Stretch {
  readonly canary: readonly PodCounts[]
  readonly stable: readonly PodCounts[]
}

export const LOOK_SECONDS = 15
export const LOOKS_A_MINUTE = 60 / LOOK_SECONDS
/** Pods of stable; the canary has as many as its weight needs. */
const PODS = 10

/** Simulated requests to two versions behind a split by weight. */
export class Traffic {
  readonly #scenario: Scenario
  readonly #random: Random
  #clock = 0
  #stable: number[] = []
  #canary: number[] = []
  #canaryPods = 0

  constructor(scenario: Scenario, random: Random) {
    this.#scenario = scenario
    this.#random = random
  }

  /**
   * The next stretch of requests.
   * @param weight of the canary, 0–1
   * @param looks how many intervals it lasts; its rates are those at its beginning
   */
  next(weight: number, looks = 1): Stretch {
    this.#drawRates(weight)
    this.#clock += looks
    const { rps, stable, canary } = this.#scenario
    const all = Math.round(rps * LOOK_SECONDS * looks)
    const own = weight >= 1 ? all : binomial(this.#random, all, weight)
    return {
      canary: this.#answers(own, this.#canary, canary),
      stable: this.#answers(all - own, this.#stable, stable),
    }
  }

  #drawRates(weight: number): void {
    const { noise, stable, canary, rps } = this.#scenario
    const canaryPods = Math.ceil(weight * PODS)
    const isNew = canaryPods !== this.#canaryPods
    const minutes = noise.kind === 'bursts' ? noise.minutes : 1
    if (!isNew && this.#clock % (minutes * LOOKS_A_MINUTE) !== 0) return
    const common = this.#isHit(noise, 'incidents') ? noise.rate : undefined
    this.#canaryPods = canaryPods
    const rates = (mean: number, pods: number, part: number) =>
      Array.from({ length: pods }, () => common ?? this.#rate(mean, (part * rps * 60) / pods))
    this.#stable = rates(stable[0] ?? 0, PODS, 1 - weight)
    const own = this.#clock < (this.#scenario.goodLooks ?? 0) ? stable : canary
    this.#canary = rates(own[0] ?? 0, canaryPods, weight)
  }

  /** @param perMinute requests of the pod */
  #rate(mean: number, perMinute: number): number {
    const { noise } = this.#scenario
    if (noise.kind === 'bursts')
      return share(this.#random, mean, Math.min(0.99, (noise.phi - 1) / (perMinute - 1)))
    return this.#isHit(noise, 'spikes') ? noise.rate : mean
  }

  #isHit<K extends 'incidents' | 'spikes'>(noise: Noise, kind: K): noise is Extract<Noise, { kind: K }> {
    return noise.kind === kind && this.#random() < noise.share
  }

  /** Requests are spread evenly over pods. */
  #answers(requests: number, rates: readonly number[], shares: Shares): PodCounts[] {
    const pods = rates.length
    return rates.map((rate, pod) => {
      const total = Math.floor((requests + pod) / pods)
      let among = total
      let before = 1
      const bad = shares.map((mean, cut) => {
        const own = cut === 0 ? rate : mean
        among = binomial(this.#random, among, own / before)
        before = own
        return among
      })
      return { total, bad }
    })
  }
}
