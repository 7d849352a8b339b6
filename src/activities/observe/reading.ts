import { NO_READINGS, attributedReadings } from '../../core/analysis/readings.ts'
import type { Readings, SideReadings } from '../../core/analysis/readings.ts'
import type { Reporter } from '../../core/analysis/strands.ts'
import { traitsOf } from '../../core/analysis/traits.ts'
import type { Traits } from '../../core/analysis/traits.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { sidesOf } from '../../core/traffic/context.ts'
import { fullHost } from '../../core/traffic/hosts.ts'
import { ProviderError } from '../../ports.ts'
import type { CounterQuery, Ports } from '../../ports.ts'
import { attributionFor, serviceOf } from '../context.ts'
import { withNamed } from '../named-prometheus.ts'

type Span = Pick<CounterQuery, 'fromMs' | 'toMs' | 'stepMs'>

/** How far before a look its samples reach back: a target that was away for longer is taken for new (milliseconds). */
export const LOOK_BACK_MS = 300_000
/** How far back the time goes that tells how to read a look, and how far apart its samples are (milliseconds). */
const BACKGROUND_MS = 3_600_000
const BACKGROUND_STEP_MS = 60_000
/** It changes slowly. */
const BACKGROUND_EVERY_MS = 300_000

/** The raw counters of a release's service, of both sides. Throws a ProviderError. */
export async function readCounters(
  ports: Pick<Ports, 'metrics' | 'workloads'>,
  state: ReleaseState,
  span: Span,
): Promise<Readings> {
  const service = fullHost(serviceOf(state))
  const needsLatency = state.plan.metrics.some((metric) => metric.istio === 'Latency')
  const side = async (reporter: Reporter): Promise<SideReadings> => {
    const query = { ...span, service, reporter }
    const [requests, latencies] = await Promise.all([
      ports.metrics.requests(query),
      needsLatency ? ports.metrics.latencies(query) : [],
    ])
    return { requests, latencies }
  }
  const [source, destination] = await Promise.all([side('Source'), side('Destination')])
  return attributedReadings(
    { ...NO_READINGS, Source: source, Destination: destination },
    attributionFor(ports, state),
  )
}

/** What the hour before tells about how to read a look; read anew now and then. */
export class BackgroundReader {
  readonly #ports: Ports
  readonly #state: ReleaseState
  #traits: Traits | undefined
  #readAt = -Infinity

  constructor(ports: Ports, state: ReleaseState) {
    this.#ports = ports
    this.#state = state
  }

  /**
   * Traits as known before a look. Throws a ProviderError when they were never read; those that were serve on while
   * they cannot be read anew.
   */
  async traits(nowMs: number): Promise<Traits> {
    if (this.#traits && nowMs - this.#readAt < BACKGROUND_EVERY_MS) return this.#traits
    try {
      this.#traits = await this.#read(nowMs)
      this.#readAt = nowMs
    } catch (error) {
      if (!(error instanceof ProviderError) || this.#traits === undefined) throw error
    }
    return this.#traits
  }

  async #read(toMs: number): Promise<Traits> {
    const span = { fromMs: toMs - BACKGROUND_MS, toMs, stepMs: BACKGROUND_STEP_MS }
    const readings = await readCounters(withNamed(this.#ports, this.#state), this.#state, span)
    const window = { fromMs: span.fromMs, toMs, startedMs: Infinity }
    const { falseRollback } = this.#state.plan
    return traitsOf(readings, sidesOf(this.#state).stable.version, { window, alpha: falseRollback })
  }
}
