import type { Random } from '../../../bench/analysis/simulation/random.ts'
import type { PodCounts, Stretch } from '../../../bench/analysis/simulation/traffic.ts'
import type { Sample } from '../../../src/core/analysis/counters.ts'
import type { LabeledSeries } from '../../../src/core/analysis/istio.ts'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
import type { Readings } from '../../../src/core/analysis/readings.ts'
import type { Pair } from '../../../src/core/analysis/strands.ts'

export const SCRAPE_MS = 15_000
/** Samples of a background are so far apart. */
const BACKGROUND_SCRAPES = 4

/** What may happen to a pod between two scrapes; chances of 0–1. */
export interface Trouble {
  /** Its proxy starts anew: its counters begin at 0. */
  readonly restarts: number
  /** Another pod takes its place. */
  readonly renames: number
}

interface Counter {
  readonly labels: { version: string; code: string; pod: string; instance: string }
  readonly samples: [number, number][]
  value: number
}

interface Pod {
  readonly name: string
  readonly version: string
  /** Of its scrapes. */
  readonly offsetMs: number
  readonly counters: Map<string, Counter>
}

interface Increment extends Pair<PodCounts> {
  readonly atMs: number
}

const NONE: PodCounts = { total: 0, bad: [0] }

/** Counters of pods' proxies as Prometheus would hold them, and what was really answered. */
export class Recorder {
  readonly #random: Random
  readonly #trouble: Trouble
  readonly #counters: Counter[] = []
  readonly #increments: Increment[] = []
  readonly #pods: Record<keyof Pair<unknown>, Pod[]> = { canary: [], stable: [] }
  #now = 0
  #names = 0

  constructor(random: Random, trouble: Trouble) {
    this.#random = random
    this.#trouble = trouble
  }

  /** Milliseconds; all scrapes up to here are done. */
  get now(): number {
    return this.#now
  }

  /** One scrape interval goes by, in which pods answered; at its end all are scraped. */
  record(stretch: Stretch): void {
    const from = this.#now
    this.#now += SCRAPE_MS
    for (const side of ['canary', 'stable'] as const) {
      const pods = this.#pods[side]
      while (pods.length < stretch[side].length) pods.push(this.#newPod(side))
      for (const [index, pod] of pods.entries())
        this.#scrape(side, this.#troubled(side, index, pod), {
          from,
          counts: stretch[side][index] ?? NONE,
        })
    }
  }

  /** Raw counters between two times, of the pods' own proxies. */
  readings(fromMs: number, toMs: number): Readings {
    const within = this.#series((samples) => samples.filter(([at]) => at >= fromMs && at <= toMs))
    return { ...NO_READINGS, Destination: { requests: within, latencies: [] } }
  }

  /** The same with samples a minute apart, each of a scrape. */
  background(fromMs: number, toMs: number): Readings {
    const within = this.#series((samples) =>
      samples.filter(([at], index) => at >= fromMs && at <= toMs && index % BACKGROUND_SCRAPES === 0),
    )
    return { ...NO_READINGS, Destination: { requests: within, latencies: [] } }
  }

  /** What was answered, by the time of the scrapes that saw it: after the first time, up to the second. */
  truth(fromMs: number, toMs: number): Pair<{ total: number; bad: number }> {
    const own = this.#increments.filter(({ atMs }) => atMs > fromMs && atMs <= toMs)
    const sum = (side: keyof Pair<unknown>) =>
      own.reduce(
        (known, one) => ({ total: known.total + one[side].total, bad: known.bad + (one[side].bad[0] ?? 0) }),
        { total: 0, bad: 0 },
      )
    return { canary: sum('canary'), stable: sum('stable') }
  }

  #series(cut: (samples: readonly Sample[]) => Sample[]): LabeledSeries[] {
    return this.#counters.flatMap(({ labels, samples }) => {
      const kept = cut(samples)
      return kept.length === 0 ? [] : [{ ...labels, samples: kept }]
    })
  }

  #newPod(side: keyof Pair<unknown>): Pod {
    const name = `${side}-${this.#names++}`
    const offsetMs = Math.floor(this.#random() * SCRAPE_MS)
    return { name, version: side, offsetMs, counters: new Map() }
  }

  #troubled(side: keyof Pair<unknown>, index: number, pod: Pod): Pod {
    const luck = this.#random()
    if (luck < this.#trouble.renames) return (this.#pods[side][index] = this.#newPod(side))
    // A counter that is 0 is not shown; the series of what comes again is the same.
    if (luck < this.#trouble.renames + this.#trouble.restarts)
      for (const one of pod.counters.values()) one.value = 0
    return pod
  }

  #scrape(side: keyof Pair<unknown>, pod: Pod, { from, counts }: { from: number; counts: PodCounts }): void {
    const atMs = from + pod.offsetMs
    const bad = counts.bad[0] ?? 0
    const refused = Math.floor(this.#random() * 0.02 * (counts.total - bad))
    const gone = Math.floor(this.#random() * (bad + 1))
    const codes = { 200: counts.total - bad - refused, 404: refused, 500: bad - gone, 503: gone }
    for (const [code, added] of Object.entries(codes)) this.#add(pod, code, added)
    for (const { value, samples } of pod.counters.values()) if (value > 0) samples.push([atMs, value])
    this.#increments.push({ canary: NONE, stable: NONE, [side]: counts, atMs })
  }

  #add(pod: Pod, code: string, added: number): void {
    const known = pod.counters.get(code)
    if (known !== undefined) known.value += added
    if (known !== undefined || added === 0) return
    const labels = { version: pod.version, code, pod: pod.name, instance: pod.name }
    const counter = { labels, samples: [], value: added }
    pod.counters.set(code, counter)
    this.#counters.push(counter)
  }
}
