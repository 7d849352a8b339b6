import type { Judgement } from '../../core/analysis/verdict.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import type { Gathered } from '../observe/look.ts'
import { nothingGathered } from './memory.ts'
import { ProbeSight } from './sight.ts'

/** The limits of the analysis, which guard the canary while a prober tells how it bears the fault. */
export class OwnLimits {
  readonly #sight: ProbeSight

  constructor(ports: Ports, state: ReleaseState, { expect: _limits, ...fault }: PlannedFault) {
    this.#sight = new ProbeSight(ports, state, fault)
  }

  /** The release, judged by them. */
  get state(): ReleaseState {
    return this.#sight.state
  }

  /**
   * What they say up to now (milliseconds since the epoch).
   * @param known what was gathered before
   */
  async look(
    known: Gathered | undefined,
    now: number,
  ): Promise<{ readonly own: Gathered; readonly judgement: Judgement }> {
    const before = known ?? nothingGathered(this.state, this.state.countFrom ?? this.state.phaseAt)
    const { gathered, judgement } = await this.#sight.look(before, now)
    return { own: gathered, judgement }
  }
}
