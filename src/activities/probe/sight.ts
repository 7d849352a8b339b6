import { LOOK_BACK_MS } from '../../core/analysis/counters.ts'
import { judge, providerError } from '../../core/analysis/judge.ts'
import type { MetricSpec } from '../../api/v1alpha1/analysis.ts'
import { measuresOf } from '../../core/analysis/measures.ts'
import type { Measure } from '../../core/analysis/measures.ts'
import type { Judgement } from '../../core/analysis/verdict.ts'
import type { CountQueries } from '../../core/analysis/query/source.ts'
import { arrivalQueries, arrivalsIn, hostArrivalQueries } from '../../core/faults/arrivals.ts'
import { faultsIn } from '../../core/faults/found.ts'
import { isWithinLimits, probeMetrics, probeTerms } from '../../core/faults/judging.ts'
import { triesOf } from '../../core/faults/progress.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import { hostOf, scopeOf } from '../../core/faults/whose.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { ProviderError } from '../../ports.ts'
import type { Ports } from '../../ports.ts'
import { workloadsOf } from '../context.ts'
import { withNamed } from '../named-prometheus.ts'
import { ISTIO_MS, inTime } from '../observe/in-time.ts'
import { look } from '../observe/look.ts'
import type { Gathered, Lookout } from '../observe/look.ts'
import { BackgroundReader } from '../observe/reading.ts'
import type { ProbeMemory, Stage } from './memory.ts'

/** What a look at the canary under test says. */
export interface ProbeLook {
  /** What is remembered of it. */
  readonly gathered: Gathered & Pick<ProbeMemory, 'slowestMs'>
  readonly judgement: Judgement
  /** Prometheus, or the prober, had an answer. */
  readonly hasSeen: boolean
}

/** What a probe goes by. */
export interface Sight {
  /** The release, judged by the metrics of a stage of the probe. */
  stateIn(stage: Stage): ReleaseState
  /** What goes wrong for reasons of its own, in words. */
  readonly problem?: string | undefined
  /**
   * Makes ready to see until a moment (milliseconds since the epoch; undefined: nothing is to be seen for now). Why that
   * cannot be done, in words.
   */
  ready(token: string, untilMs: number | undefined): Promise<string | undefined>
  /** Adds what is new up to a moment (milliseconds since the epoch). */
  look(memory: ProbeMemory, upTo: number): Promise<ProbeLook>
  /** What was gathered, held to the limits of its stage. */
  judge(memory: Gathered & { readonly stage: Stage }): Judgement
  /** Is the canary within the limits, as far as this little tells? */
  isWithin(judgement: Judgement): boolean
  /** What met the fault since it stands; undefined while nobody can tell. */
  arrivals(memory: ProbeMemory, upTo: number): Promise<Arrivals | undefined>
  close(): void
}

/** Requests that met the fault, as the callers' proxies count them. */
export type Arrivals = ReturnType<typeof arrivalsIn>

/**
 * Goes by the canary's metrics, and by what proxies count that met the fault. Under it the canary is held to the limits of
 * the probe; before and after it nothing but those of the analysis are true.
 */
export class ProbeSight implements Sight {
  readonly #ports: Ports
  readonly #fault: PlannedFault
  readonly #lookouts: Readonly<Record<Stage, Lookout>>

  constructor(ports: Ports, state: ReleaseState, fault: PlannedFault) {
    this.#ports = ports
    this.#fault = fault
    const { metrics } = state.plan
    const background = new BackgroundReader(ports, state)
    const lookout = (held: readonly MetricSpec[]): Lookout => {
      return { ports, state: { ...state, plan: { ...state.plan, metrics: held } }, background }
    }
    this.#lookouts = {
      Baseline: lookout(metrics.filter(({ istio }) => istio !== 'TrafficSplit')),
      Fault: lookout(probeMetrics(metrics, fault)),
      Recovery: lookout(probeMetrics(metrics, {})),
    }
  }

  stateIn(stage: Stage): ReleaseState {
    return this.#lookouts[stage].state
  }

  /** Prometheus is there, or it is not. */
  async ready(): Promise<undefined> {
    return undefined
  }

  close(): void {
    // Nothing is under way.
  }

  /** An outage of Prometheus is nobody's fault. */
  async look(before: Gathered & { readonly stage: Stage }, upTo: number): Promise<ProbeLook> {
    const { stage } = before
    try {
      const gathered = await look(this.#lookouts[stage], before, upTo)
      return { gathered, judgement: this.judge({ ...gathered, stage }), hasSeen: true }
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      const judgement = providerError(this.#measures(stage), error.message)
      const { evidence, countedTo } = before
      return { gathered: { evidence, countedTo }, judgement, hasSeen: false }
    }
  }

  judge({ evidence, stage }: Pick<Gathered, 'evidence'> & { readonly stage: Stage }): Judgement {
    const state = this.stateIn(stage)
    return judge(evidence, this.#measures(stage), probeTerms(state.plan, triesOf(state)))
  }

  isWithin(judgement: Judgement): boolean {
    return isWithinLimits(judgement, this.#measures('Recovery'))
  }

  /** Requests that met the fault, as the callers' proxies count them. */
  async arrivals({ injected }: Pick<ProbeMemory, 'injected'>, upTo: number): Promise<Arrivals | undefined> {
    const { at: since = upTo } = injected ?? {}
    const span = { fromMs: since - LOOK_BACK_MS, toMs: upTo }
    const { queries: asked } = withNamed(this.#ports, this.stateIn('Fault'))
    try {
      const { total } = await inTime(async () => asked.counters(this.#queries(), span), ISTIO_MS)
      return arrivalsIn(total, { fromMs: since, toMs: upTo, startedMs: since })
    } catch (error) {
      if (error instanceof ProviderError) return undefined
      throw error
    }
  }

  #queries(): CountQueries {
    const state = this.stateIn('Fault')
    const { rollout, version } = state
    if (scopeOf(this.#fault) !== 'Dependency')
      return hostArrivalQueries(hostOf(this.#fault, state), this.#isOnlyFault())
    const workloads = workloadsOf(this.#ports, state, version).map(({ name }) => name)
    return arrivalQueries({ namespace: rollout.namespace, workloads })
  }

  #isOnlyFault(): boolean {
    const { uid } = this.stateIn('Fault').rollout
    const all = this.#ports.mesh.virtualServices().flatMap(faultsIn)
    return all.every(({ record }) => record?.release?.uid === uid)
  }

  #measures(stage: Stage): readonly Measure[] {
    return measuresOf(this.stateIn(stage).plan.metrics)
  }
}
