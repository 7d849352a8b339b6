import type { Sample } from '../../../src/core/analysis/counters.ts'
import type { LabeledSeries } from '../../../src/core/analysis/istio.ts'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
import type { Readings } from '../../../src/core/analysis/readings.ts'
import { TRAITS_EVERY_MS, TRAITS_MS, traitsOf } from '../../../src/core/analysis/traits.ts'
import type { Bad } from '../../../src/core/analysis/background.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import { LOOKS_A_MINUTE } from './traffic.ts'
import type { PodCounts, Traffic } from './traffic.ts'

const MINUTE_MS = 60_000
const MINUTES = TRAITS_MS / MINUTE_MS
const READ_EVERY_LOOKS = (TRAITS_EVERY_MS / MINUTE_MS) * LOOKS_A_MINUTE
const STABLE = 'stable'

/** What is known before a look. */
interface Known {
  /** Dispersion by cut. */
  readonly phis: readonly number[]
  /** A pod of stable is so unlike the others that they are no measure for errors. */
  readonly hasOutlier: boolean
}

/** What stable's pods did in the last hour, as it is read anew now and then: always before the look that uses it. */
export class Hour {
  readonly #boundaries: readonly number[] | undefined
  readonly #cuts: number
  #minutes: (readonly PodCounts[])[]
  #begun: (readonly PodCounts[])[] = []
  #looks = 0
  #known: Known

  /**
   * @param traffic the hour is drawn from it, with all requests for stable
   * @param boundaries of latencies, one a cut; undefined for errors
   */
  constructor(traffic: Traffic, cuts: number, boundaries?: readonly number[]) {
    this.#cuts = cuts
    this.#boundaries = boundaries
    this.#minutes = Array.from({ length: MINUTES }, () => traffic.next(0, LOOKS_A_MINUTE).stable)
    this.#known = this.#read()
  }

  get known(): Known {
    return this.#known
  }

  /** One look went by. */
  add(stable: readonly PodCounts[]): void {
    this.#looks += 1
    this.#begun.push(stable)
    if (this.#begun.length === LOOKS_A_MINUTE) {
      const minute = this.#begun.reduce((a, b) => a.map((pod, index) => sum(pod, b[index])))
      this.#minutes = [...this.#minutes.slice(1), minute]
      this.#begun = []
    }
    if (this.#looks % READ_EVERY_LOOKS === 0) this.#known = this.#read()
  }

  #read(): Known {
    const window = { fromMs: 0, toMs: MINUTES * 60_000, startedMs: Infinity }
    const traits = traitsOf(this.#readings(), STABLE, { window, alpha: DEFAULT_LEVELS.alpha })
    const bads = Array.from({ length: this.#cuts }, (_, cut): Bad => {
      const at = this.#boundaries?.[cut]
      return at === undefined ? { outcome: 'error' } : { slowerThan: at }
    })
    return {
      phis: bads.map((bad) => traits.of({ reporter: 'Destination', ...bad }).phi),
      hasOutlier: this.#boundaries === undefined && traits.outlier({ outcome: 'error' }) !== undefined,
    }
  }

  /** Counters as the pods' proxies would have them. */
  #readings(): Readings {
    const pods = [...(this.#minutes[0]?.keys() ?? [])]
    const boundaries = this.#boundaries
    const requests = boundaries
      ? []
      : pods.flatMap((pod) => [
          this.#series(pod, { code: '200' }, ({ total, bad }) => total - (bad[0] ?? 0)),
          this.#series(pod, { code: '503' }, ({ bad }) => bad[0] ?? 0),
        ])
    const latencies = pods.flatMap((pod) => [
      ...(boundaries ?? []).map((le, cut) =>
        this.#series(pod, { le }, ({ total, bad }) => total - (bad[cut] ?? 0)),
      ),
      ...(boundaries ? [this.#series(pod, { le: Infinity }, ({ total }) => total)] : []),
    ])
    return { ...NO_READINGS, Destination: { requests, latencies } }
  }

  #series(pod: number, labels: Partial<LabeledSeries>, of: (counts: PodCounts) => number): LabeledSeries {
    const name = `pod-${pod}`
    let value = 0
    const samples = this.#minutes.map((minute, index): Sample => {
      const counts = minute[pod]
      value += counts === undefined ? 0 : of(counts)
      return [(index + 1) * 60_000, value]
    })
    return { ...labels, version: STABLE, instance: name, pod: name, samples: [[0, 0], ...samples] }
  }
}

/** Counts of both together. */
export function sum(a: PodCounts, b: PodCounts = { total: 0, bad: [] }): PodCounts {
  return { total: a.total + b.total, bad: a.bad.map((count, cut) => count + (b.bad[cut] ?? 0)) }
}
