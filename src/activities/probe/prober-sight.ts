import { addLook } from '../../core/analysis/evidence.ts'
import { judge } from '../../core/analysis/judge.ts'
import { measuresOf } from '../../core/analysis/measures.ts'
import type { Measure } from '../../core/analysis/measures.ts'
import type { Judgement } from '../../core/analysis/verdict.ts'
import { isInjected, looksOf } from '../../core/faults/answers.ts'
import type { ProberAnswer } from '../../core/faults/answers.ts'
import { isWithinLimits, probeTerms, proberMetrics } from '../../core/faults/judging.ts'
import { triesOf } from '../../core/faults/progress.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports, Probing } from '../../ports.ts'
import type { Gathered } from '../observe/look.ts'
import type { ProbeMemory } from './memory.ts'
import { orderFor } from './order.ts'
import { ProbeSight } from './sight.ts'
import type { Arrivals, ProbeLook, Sight } from './sight.ts'

/** Answers that are kept until they are counted: more than a prober gets between two looks. */
const MOST_KEPT = 10_000

const UNHELD =
  'no metric of kind ErrorRate or Latency with max says what the answers of the prober are held to'

/** Goes by the answers that a prober of ours gets; that the fault arrives proxies may tell, too. */
export class ProberSight implements Sight {
  readonly #state: ReleaseState
  readonly #ports: Ports
  readonly #fault: PlannedFault
  readonly #measures: readonly Measure[]
  readonly #proxies: ProbeSight
  #probing: Probing | undefined
  /** Of what is sent now: with which token, and until when. */
  #sending = ''
  #answers: readonly ProberAnswer[] = []
  #met: readonly number[] = []
  problem: string | undefined

  constructor(ports: Ports, state: ReleaseState, fault: PlannedFault) {
    const { plan } = state
    this.#state = { ...state, plan: { ...plan, metrics: proberMetrics(plan.metrics, fault) } }
    this.#ports = ports
    this.#fault = fault
    this.#measures = measuresOf(this.#state.plan.metrics)
    this.#proxies = new ProbeSight(ports, state, fault)
  }

  /** What the prober's answers are held to is the same at all stages. */
  stateIn(): ReleaseState {
    return this.#state
  }

  /** Sends until then, at the rate of the spec. */
  async ready(token: string, untilMs: number | undefined): Promise<string | undefined> {
    if (this.#measures.length === 0) return UNHELD
    const sending = untilMs === undefined ? '' : `${token} ${untilMs}`
    if (sending === this.#sending) return undefined
    this.close()
    const forMs = (untilMs ?? 0) - this.#ports.clock.now()
    const order =
      forMs > 0 ? await orderFor(this.#ports, this.#state, this.#fault, { token, forMs }) : undefined
    if (order !== undefined && 'why' in order) return order.why
    this.#probing = order && this.#ports.prober.start(order)
    this.#sending = sending
    return undefined
  }

  async look(memory: ProbeMemory, upTo: number): Promise<ProbeLook> {
    this.#collect(memory)
    const ended = (one: ProberAnswer) => one.sentAt + one.ms
    const news = this.#answers.filter(
      (one) => ended(one) > memory.countedTo && ended(one) <= upTo && one.sentAt > stageBegan(memory),
    )
    this.#answers = this.#answers.filter((one) => ended(one) > upTo)
    const { plan, step } = this.#state
    const course = { step, weights: plan.steps.map(({ weight }) => weight) }
    const evidence = addLook(memory.evidence, this.#measures, looksOf(news, this.#measures), course)
    const slowest = Math.max(memory.slowestMs ?? 0, ...news.map(({ ms }) => ms))
    return {
      gathered: {
        evidence,
        countedTo: Math.max(memory.countedTo, upTo),
        ...(memory.stage === 'Baseline' && { slowestMs: slowest }),
      },
      judgement: this.judge({ evidence }),
      hasSeen: true,
    }
  }

  judge({ evidence }: Pick<Gathered, 'evidence'>): Judgement {
    return judge(evidence, this.#measures, probeTerms(this.#state.plan, triesOf(this.#state)))
  }

  isWithin(judgement: Judgement): boolean {
    return isWithinLimits(judgement, this.#measures)
  }

  /** As the prober saw it, or else as proxies count it on the way from another service to the canary. */
  async arrivals(memory: ProbeMemory, upTo: number): Promise<Arrivals | undefined> {
    this.#collect(memory)
    // Just before the first: that one counts, too.
    if (this.#met.length > 0) return { met: this.#met.length, firstAt: Math.min(...this.#met) - 1 }
    return this.#proxies.arrivals(memory, upTo)
  }

  close(): void {
    this.#probing?.stop()
    this.#probing = undefined
    this.#sending = ''
  }

  #collect({ stage, injected, slowestMs = Infinity }: ProbeMemory): void {
    const news = this.#probing?.take() ?? []
    this.#answers = [...this.#answers, ...news].slice(-MOST_KEPT)
    this.problem = news.findLast(({ problem }) => problem !== undefined)?.problem ?? this.problem
    if (stage !== 'Fault' || injected === undefined) return
    const met = news.filter((one) => one.sentAt >= injected.at && isInjected(one, this.#fault, slowestMs))
    this.#met = [...this.#met, ...met.map(({ sentAt }) => sentAt)]
  }
}

/** What was sent before belongs to another stage; under the fault, what was sent before one was seen to meet it. */
function stageBegan({ stage, since, arrivedAt, removedAt }: ProbeMemory): number {
  if (stage === 'Baseline') return since - 1
  return (stage === 'Fault' ? arrivedAt : removedAt) ?? since
}
