import type { PlannedFault } from '../../core/faults/planned.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { answerFail } from '../observe/answers.ts'
import type { Gathered } from '../observe/look.ts'
import type { Outcome } from '../perform.ts'
import { nothingGathered } from './memory.ts'
import type { ProbeMemory } from './memory.ts'
import { ProbeSight } from './sight.ts'

/** The limits of the analysis, which guard the canary while a prober tells how it bears the fault. */
export class OwnLimits {
  readonly #ports: Ports
  readonly #sight: ProbeSight

  constructor(ports: Ports, state: ReleaseState, { expect: _limits, ...fault }: PlannedFault) {
    this.#ports = ports
    this.#sight = new ProbeSight(ports, state, fault)
  }

  /**
   * Looks whether they hold up to now (milliseconds since the epoch), and takes the canary back where they do not.
   * @param memory of the probe
   */
  async guard(
    memory: ProbeMemory,
    now: number,
  ): Promise<{ readonly own: Gathered; readonly outcome?: Outcome }> {
    const state = this.#sight.stateIn('Baseline')
    const before = memory.own ?? nothingGathered(state, state.countFrom ?? state.phaseAt)
    const { gathered, judgement } = await this.#sight.look({ ...before, stage: 'Baseline' }, now)
    const own = { evidence: gathered.evidence, countedTo: gathered.countedTo }
    if (judgement.verdict !== 'Fail') return { own }
    const end = { judgement, completeAt: now, gathered: { ...memory, own } }
    return { own, outcome: await answerFail(this.#ports, state, end) }
  }
}
