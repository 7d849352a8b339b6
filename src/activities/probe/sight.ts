import { LOOK_BACK_MS } from '../../core/analysis/counters.ts'
import { judge, providerError } from '../../core/analysis/judge.ts'
import { measuresOf } from '../../core/analysis/measures.ts'
import type { Judgement } from '../../core/analysis/verdict.ts'
import { arrivalQueries, arrivalsIn } from '../../core/faults/arrivals.ts'
import { isWithinLimits, probeMetrics, probeTerms } from '../../core/faults/judging.ts'
import { triesOf } from '../../core/faults/progress.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { ProviderError } from '../../ports.ts'
import type { Ports } from '../../ports.ts'
import { workloadsOf } from '../context.ts'
import { withNamed } from '../named-prometheus.ts'
import { ISTIO_MS, inTime } from '../observe/in-time.ts'
import { look } from '../observe/look.ts'
import type { Gathered, Lookout } from '../observe/look.ts'
import { BackgroundReader } from '../observe/reading.ts'

/** What a look at the canary under test says. */
export interface ProbeLook {
  readonly gathered: Gathered
  readonly judgement: Judgement
  /** Prometheus answered. */
  readonly hasSeen: boolean
}

/** Requests that met the fault, as the callers' proxies count them. */
export type Arrivals = ReturnType<typeof arrivalsIn>

/** Reads what a probe goes by: the canary's metrics, held to the limits of the probe, and what met the fault. */
export class ProbeSight {
  /** The release, judged by the metrics of the probe. */
  readonly state: ReleaseState
  readonly #ports: Ports
  readonly #lookout: Lookout

  constructor(ports: Ports, state: ReleaseState, fault: PlannedFault) {
    const { plan } = state
    this.state = { ...state, plan: { ...plan, metrics: probeMetrics(plan.metrics, fault) } }
    this.#ports = ports
    this.#lookout = { ports, state: this.state, background: new BackgroundReader(ports, this.state) }
  }

  /** Adds what is new up to a moment (milliseconds since the epoch). An outage of Prometheus is nobody's fault. */
  async look(before: Gathered, upTo: number): Promise<ProbeLook> {
    try {
      const gathered = await look(this.#lookout, before, upTo)
      return { gathered, judgement: this.judge(gathered), hasSeen: true }
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      const judgement = providerError(measuresOf(this.state.plan.metrics), error.message)
      return { gathered: before, judgement, hasSeen: false }
    }
  }

  /** What was gathered, held to the limits of the probe. */
  judge({ evidence }: Gathered): Judgement {
    return judge(
      evidence,
      measuresOf(this.state.plan.metrics),
      probeTerms(this.state.plan, triesOf(this.state)),
    )
  }

  /** Is the canary within the limits, as far as this little tells? */
  isWithin(judgement: Judgement): boolean {
    return isWithinLimits(judgement, measuresOf(this.state.plan.metrics))
  }

  /** What met the fault since a moment; undefined while Prometheus does not tell. */
  async arrivals(since: number, now: number): Promise<Arrivals | undefined> {
    const { rollout, version } = this.state
    const workloads = workloadsOf(this.#ports, this.state, version).map(({ name }) => name)
    const queries = arrivalQueries({ namespace: rollout.namespace, workloads })
    const span = { fromMs: since - LOOK_BACK_MS, toMs: now }
    const { queries: asked } = withNamed(this.#ports, this.state)
    try {
      const { total } = await inTime(async () => asked.counters(queries, span), ISTIO_MS)
      return arrivalsIn(total, { fromMs: since, toMs: now, startedMs: since })
    } catch (error) {
      if (error instanceof ProviderError) return undefined
      throw error
    }
  }
}
