import type { Evidence } from '../../core/analysis/evidence.ts'
import { NO_READINGS, REPORTERS, attributedReadings } from '../../core/analysis/readings.ts'
import type { Readings, SideReadings } from '../../core/analysis/readings.ts'
import type { Reporter } from '../../core/analysis/strands.ts'
import { TRAITS_EVERY_MS, TRAITS_MS, traitsOf } from '../../core/analysis/traits.ts'
import type { Traits } from '../../core/analysis/traits.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { sidesOf } from '../../core/traffic/context.ts'
import { fullHost } from '../../core/traffic/hosts.ts'
import { ProviderError } from '../../ports.ts'
import type { CounterQuery, Ports } from '../../ports.ts'
import { attributionFor, serviceOf } from '../context.ts'
import { withNamed } from '../named-prometheus.ts'

type Span = Pick<CounterQuery, 'fromMs' | 'toMs' | 'stepMs' | 'sinceMs'>

/** How far apart samples are of the time that tells how to read a look (milliseconds). */
const BACKGROUND_STEP_MS = 60_000
/** Where it could not be read anew, it is tried again after this time (milliseconds). */
const AGAIN_AFTER_MS = 60_000

/** What is to be read. */
interface Wanted {
  readonly span: Span
  /** Sides whose latencies are read; requests are read of both. */
  readonly latencies: readonly Reporter[]
}

/** The raw counters of a release's service. Throws a ProviderError. */
export async function readCounters(
  ports: Pick<Ports, 'metrics' | 'workloads'>,
  state: ReleaseState,
  { span, latencies: sides }: Wanted,
): Promise<Readings> {
  const service = fullHost(serviceOf(state))
  const side = async (reporter: Reporter): Promise<SideReadings> => {
    const query = { ...span, service, reporter }
    const [requests, latencies] = await Promise.all([
      ports.metrics.requests(query),
      sides.includes(reporter) ? ports.metrics.latencies(query) : [],
    ])
    return { requests, latencies }
  }
  const [source, destination] = await Promise.all([side('Source'), side('Destination')])
  return attributedReadings(
    { ...NO_READINGS, Source: source, Destination: destination },
    attributionFor(ports, state),
  )
}

/**
 * Sides whose latencies a look needs: the one that the evidence goes by, and both until it goes by one. Histograms are
 * most of what there is to read, so nobody reads those that are not used.
 */
export function latencySides({ plan }: Pick<ReleaseState, 'plan'>, evidence: Evidence): readonly Reporter[] {
  const used = plan.metrics
    .filter(({ istio }) => istio === 'Latency')
    .map(({ name }) => evidence.metrics[name]?.strands[0]?.reporter)
  return REPORTERS.filter((reporter) => used.some((one) => one === undefined || one === reporter))
}

/** The hour that is to be read. */
interface Hour {
  /** Its end, milliseconds since the epoch. */
  readonly toMs: number
  /** Sides whose latencies are judged. */
  readonly latencies: readonly Reporter[]
}

/** What the hour before tells about how to read a look. It is read for the first look, and anew now and then. */
export class BackgroundReader {
  readonly #ports: Ports
  readonly #state: ReleaseState
  #traits: Traits | undefined
  #reading: Promise<Traits> | undefined
  #isRenewing = false
  #latest: Hour = { toMs: 0, latencies: [] }
  /** When it is to be read anew (milliseconds since the epoch). */
  #dueAt = 0
  #broken: unknown

  constructor(ports: Ports, state: ReleaseState) {
    this.#ports = ports
    this.#state = state
  }

  /** The hour before is being read for a look. */
  get isReading(): boolean {
    return this.#reading !== undefined
  }

  /** No look has to wait for it. */
  get isKnown(): boolean {
    return this.#traits !== undefined
  }

  /** Traits as known before a look; read when they never were. Throws a ProviderError. */
  async traits(hour: Hour): Promise<Traits> {
    if (this.#broken !== undefined) throw this.#broken
    if (this.#traits) return this.#traits
    try {
      // Looks that could not wait for it must not ask for the same again: that would keep a slow Prometheus slow.
      return this.#kept(await (this.#reading ??= this.#read(hour)))
    } finally {
      this.#reading = undefined
    }
  }

  /**
   * Reads traits anew for later looks when that is due. Those that were serve on meanwhile, and while Prometheus is away.
   * @param hour the last one that was asked for is read when its turn comes
   * @param inTurn reads when its turn comes
   */
  renew(hour: Hour, inTurn: (read: () => Promise<void>) => Promise<void>): void {
    const known = this.#traits
    this.#latest = hour
    if (known === undefined || this.#isRenewing || hour.toMs < this.#dueAt) return
    this.#isRenewing = true
    const renew = async () => void this.#kept(known.succeededBy(await this.#read(this.#latest)))
    void inTurn(renew)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => (this.#isRenewing = false))
  }

  #kept(traits: Traits): Traits {
    this.#dueAt = traits.toMs + TRAITS_EVERY_MS
    return (this.#traits = traits)
  }

  #failed(error: unknown): void {
    if (!(error instanceof ProviderError)) this.#broken = error
    this.#dueAt = this.#latest.toMs + AGAIN_AFTER_MS
  }

  async #read({ toMs, latencies }: Hour): Promise<Traits> {
    const span = { fromMs: toMs - TRAITS_MS, toMs, stepMs: BACKGROUND_STEP_MS }
    const ports = withNamed(this.#ports, this.#state)
    const readings = await readCounters(ports, this.#state, { span, latencies })
    const window = { fromMs: span.fromMs, toMs, startedMs: Infinity }
    const { falseRollback } = this.#state.plan
    return traitsOf(readings, sidesOf(this.#state).stable.version, { window, alpha: falseRollback })
  }
}
