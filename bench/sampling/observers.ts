import { setTimeout as sleep } from 'node:timers/promises'
import { look } from '../../src/activities/observe/look.ts'
import { initialMemory } from '../../src/activities/observe/watch.ts'
import type { Gathered, Lookout } from '../../src/activities/observe/look.ts'
import { BackgroundReader } from '../../src/activities/observe/reading.ts'
import { prometheusClient } from '../../src/adapters/prometheus/source.ts'
import type { Plan } from '../../src/core/plan.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { MetricsSource, Ports } from '../../src/ports.ts'
import { distribution } from '../statistics.ts'
import type { Distribution } from '../statistics.ts'
import { INTERVAL_MS, miscounted, observedStep } from './observed-step.ts'
import { serviceName } from './traffic.ts'

/** Longest time until each step has counted once (milliseconds). */
const BEGUN_WITHIN_MS = 600_000

const WATCHED: Pick<Plan, 'steps' | 'metrics'> = {
  steps: [{ weight: 5, holdMs: 3_600_000 }],
  metrics: [
    { name: 'error-rate', istio: 'ErrorRate', max: '5%' },
    { name: 'p99', istio: 'Latency', percentile: 99, max: '500ms' },
  ],
}

/** How much is observed. */
export interface Task {
  /** URL of the synthetic Prometheus. */
  readonly url: string
  /** Steps that are observed at once, each of another service. */
  readonly steps: number
  /** For so long, an interval after each has counted once. */
  readonly seconds: number
}

/** What observing cost. */
export interface Observed {
  readonly steps: number
  /** Until each had counted once, which takes the last five minutes, and samples of the last hour. */
  readonly firstSeconds: number
  /** Looks until then that had no answer in time: there was too much to read at once. Their requests count later. */
  readonly firstFailed: number
  readonly queriesPerMinute: number
  /** Of one processor, 0 to 1. */
  readonly cpu: number
  readonly residentBytes: number
  /** From when looks were due until they had counted, in milliseconds. */
  readonly lateness: Distribution | undefined
  readonly wrong: readonly string[]
}

/** Observes steps as the worker's activity does, with its look and its sampler, and measures this process. */
export async function observe({ url, steps, seconds }: Task): Promise<Observed> {
  let queries = 0
  const metrics = prometheusClient({ url }, { queried: () => (queries += 1), resting: () => undefined })
  const startedAt = Date.now()
  const observers = Array.from({ length: steps }, (_, index) => new Observer(metrics, index, startedAt))
  const loops = observers.map(async (observer, index) =>
    observer.run(startedAt + (index / steps) * INTERVAL_MS),
  )
  while (observers.some((observer) => !observer.hasCounted())) {
    if (Date.now() - startedAt > BEGUN_WITHIN_MS) throw new Error('not all steps counted once')
    await sleep(100)
  }
  const firstSeconds = (Date.now() - startedAt) / 1000
  const firstFailed = observers.reduce((count, observer) => count + observer.forgiveErrors(), 0)
  await sleep(INTERVAL_MS)
  const measureFrom = Date.now()
  const before = { cpu: process.cpuUsage(), queries }
  await sleep(seconds * 1000)
  const { user, system } = process.cpuUsage(before.cpu)
  const measured = {
    firstSeconds,
    firstFailed,
    queriesPerMinute: ((queries - before.queries) * 60) / seconds,
    cpu: (user + system) / 1e6 / seconds,
    residentBytes: process.memoryUsage.rss(),
  }
  for (const observer of observers) observer.stop()
  await Promise.all(loops)
  const late = observers.flatMap(({ looks }) => looks.filter(({ due }) => due >= measureFrom))
  return {
    steps,
    ...measured,
    lateness: distribution(late.map(({ due, counted }) => counted - due)),
    wrong: [...new Set(observers.flatMap((observer) => observer.wrong()))].slice(0, 5),
  }
}

/** One step that is observed. */
class Observer {
  readonly looks: { readonly due: number; readonly counted: number }[] = []
  readonly #lookout: Lookout
  readonly #state: ReleaseState
  #errors: string[] = []
  #gathered: Gathered
  #stopped = false

  constructor(metrics: MetricsSource, index: number, startedAt: number) {
    const workloads = { service: () => undefined, workloads: () => [] } as unknown as Ports['workloads']
    // A look asks nothing else.
    const ports = { metrics, workloads } as unknown as Ports
    const state = observedStep(serviceName(index), startedAt, WATCHED)
    this.#state = state
    this.#lookout = { ports, state, background: new BackgroundReader(ports, state) }
    this.#gathered = initialMemory(this.#state)
  }

  /** Looks at each interval from `first` (milliseconds since the epoch) until it is stopped. */
  async run(first: number): Promise<void> {
    for (let due = first; ; due += INTERVAL_MS) {
      await sleep(Math.max(0, due - Date.now()))
      if (this.#stopped) return
      try {
        this.#gathered = await look(this.#lookout, this.#gathered, Date.now())
      } catch (error) {
        this.#errors.push(`a look failed: ${String(error)}`)
      }
      this.looks.push({ due, counted: Date.now() })
    }
  }

  stop(): void {
    this.#stopped = true
  }

  hasCounted(): boolean {
    return this.#gathered.countedTo > this.#state.startedAt
  }

  /** Looks that failed so far are no longer wrong; returns how many. */
  forgiveErrors(): number {
    const { length } = this.#errors
    this.#errors = []
    return length
  }

  /** Looks that failed, and requests that were not counted once each. */
  wrong(): string[] {
    const counts = miscounted(this.#state, this.#gathered)
    return [...this.#errors, ...(counts === undefined ? [] : [counts])]
  }
}
