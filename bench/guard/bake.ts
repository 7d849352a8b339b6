import { look } from '../../src/activities/observe/look.ts'
import type { Gathered } from '../../src/activities/observe/look.ts'
import { BackgroundReader } from '../../src/activities/observe/reading.ts'
import { initialMemory } from '../../src/activities/observe/watch.ts'
import type { Memory } from '../../src/activities/observe/watch.ts'
import { judge } from '../../src/core/analysis/judge.ts'
import { measuresOf } from '../../src/core/analysis/measures.ts'
import { DEFAULT_LEVELS } from '../../src/core/analysis/verdict.ts'
import type { Plan } from '../../src/core/plan.ts'
import type { CounterQuery, MetricsSource, Ports } from '../../src/ports.ts'
import { INTERVAL_MS, miscounted, observedStep } from '../sampling/observed-step.ts'
import { BOUNDARIES, ERRORS, RATES, countAt, scrapesOf, serviceName } from '../sampling/traffic.ts'

const HOUR_MS = 3_600_000
/** A Thursday in November 2026: what time it is makes no difference, but counters grow from 1970 on. */
const BEGIN = Date.UTC(2026, 10, 19)
/** When the sizes are read, in hours. */
const READ_AT = [1, 24, 7 * 24]

/** Limits, and the hour before: all that can be asked at 100 %. */
const BAKE: Pick<Plan, 'steps' | 'metrics'> = {
  steps: [{ weight: 100, holdMs: 7 * 24 * HOUR_MS }],
  metrics: [
    { name: 'error-rate', istio: 'ErrorRate', max: '5%', vsHistory: { tolerance: '0.1%' } },
    { name: 'p99', istio: 'Latency', percentile: 99, max: '500ms', vsHistory: { tolerance: '0.1%' } },
  ],
}

/** What a bake had come to after some hours. */
export interface Baked {
  readonly hours: number
  readonly looks: number
  /** Of what a heartbeat carries, as JSON. */
  readonly heartbeatBytes: number
  /** Processor time of a look (milliseconds), the mean since the reading before; its answers are made up in it too. */
  readonly cpuMs: number
  readonly wrong: readonly string[]
}

/** A bake of a week with the worker's own look, by a turned clock, on synthetic counters. */
export async function longBake(hours: readonly number[] = READ_AT): Promise<Baked[]> {
  const bake = new Bake()
  const read: Baked[] = []
  for (const one of hours) read.push(await bake.until(one))
  return read
}

class Bake {
  readonly #state = observedStep(serviceName(0), BEGIN, BAKE)
  readonly #ports = portsOf()
  readonly #lookout = {
    ports: this.#ports,
    state: this.#state,
    background: new BackgroundReader(this.#ports, this.#state),
  }
  #gathered: Gathered = initialMemory(this.#state)
  #looks = 0

  async until(hours: number): Promise<Baked> {
    const before = { looks: this.#looks, cpu: process.cpuUsage() }
    while (this.#looks * INTERVAL_MS < hours * HOUR_MS) {
      this.#looks += 1
      this.#gathered = await look(this.#lookout, this.#gathered, this.#now())
    }
    const { user, system } = process.cpuUsage(before.cpu)
    const cpuMs = (user + system) / 1000 / (this.#looks - before.looks)
    return { hours, looks: this.#looks, heartbeatBytes: this.#heartbeatBytes(), cpuMs, wrong: this.#wrong() }
  }

  #now(): number {
    return BEGIN + this.#looks * INTERVAL_MS
  }

  #heartbeatBytes(): number {
    const memory: Memory = { ...this.#gathered, watchedAt: this.#now(), blindTo: this.#now() }
    return Buffer.byteLength(JSON.stringify(memory))
  }

  #wrong(): string[] {
    const counts = miscounted(this.#state, this.#gathered)
    const terms = { levels: { ...DEFAULT_LEVELS, alpha: this.#state.plan.falseRollback }, weights: [100] }
    const { verdict } = judge(this.#gathered.evidence, measuresOf(BAKE.metrics), terms)
    return [
      ...(counts === undefined ? [] : [counts]),
      ...(verdict === 'Fail' ? ['a version that does as before failed in its bake'] : []),
    ]
  }
}

/** A look asks nothing else. */
function portsOf(): Ports {
  const workloads = { service: () => undefined, workloads: () => [], pods: () => [] }
  return { metrics: SYNTHETIC, workloads } as unknown as Ports
}

/** The synthetic traffic, as its proxies' samples. */
const SYNTHETIC: MetricsSource = {
  requests: async (query) =>
    Promise.resolve(
      series(query, (version, rate) => [
        { version, code: '200', rate: rate * (1 - ERRORS) },
        { version, code: '503', rate: rate * ERRORS },
      ]),
    ),
  latencies: async (query) =>
    Promise.resolve(
      series(query, (version, rate) =>
        BOUNDARIES.map((le, index) => ({
          version,
          le: le === '+Inf' ? Infinity : Number(le),
          rate: rate * Math.min(1, (index + 1) / 6),
        })),
      ),
    ),
}

interface Line {
  readonly version: string
  readonly code?: string
  readonly le?: number
  /** A second. */
  readonly rate: number
}

/** Only callers' proxies count here. */
function series(query: CounterQuery, linesOf: (version: string, rate: number) => readonly Line[]) {
  if (query.reporter === 'Destination') return []
  const every = Math.max(1, (query.stepMs ?? 0) / INTERVAL_MS)
  const times = scrapesOf(query.service, query).filter((_, index) => index % every === 0)
  return Object.entries(RATES)
    .flatMap(([version, rate]) => linesOf(version, rate))
    .map(({ rate, ...labels }) => ({
      ...labels,
      instance: 'gateway',
      samples: times.map((at): [number, number] => [at, countAt(rate, at)]),
    }))
}
