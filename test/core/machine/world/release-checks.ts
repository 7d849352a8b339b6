import type { RolloutStatus } from '../../../../src/api/v1alpha1/status.ts'
import type { ReleaseEvent, ResultEvent } from '../../../../src/core/machine/event.ts'
import { isActive } from '../../../../src/core/policy/decide.ts'
import { IN_STEP } from '../../../../src/core/machine/state.ts'
import type { ReleaseState, Wanted } from '../../../../src/core/machine/state.ts'
import { markOf } from '../../../../src/core/traffic/mark.ts'
import { KEY } from '../../shop.ts'
import type { World } from './world.ts'

/** What must hold at every move of the machine and at every status. */
export class ReleaseChecks {
  readonly #world: World
  /** `version/template` that failed, until something else is wanted. */
  #failed: string | undefined
  /** The version that users have. */
  #users = 'v1'
  /** Nothing in the VirtualService tells of the promotion. */
  #isUntold = false

  constructor(world: World) {
    this.#world = world
  }

  /** What the controller hands over. */
  onWanted({ version, templateHash, deleting }: Wanted): void {
    if (this.#failed !== `${version}/${templateHash}`) this.#failed = undefined
    const isIdle = !isActive(this.#world.status)
    if (isIdle && !deleting && this.#failed !== undefined && !this.#world.hasTraces())
      this.#world.violated(9, `${this.#failed} failed and is delivered again`)
  }

  onStatus(before: RolloutStatus, after: RolloutStatus): void {
    const [from, to] = [before.release?.seq ?? 0, after.release?.seq ?? 0]
    if (to < from) this.#world.violated(5, `the status went from sequence ${from} to ${to}`)
    const history = after.history ?? []
    if (history.length > 10) this.#world.violated(11, `${history.length} entries`)
    const keys = history.map((entry) => `${entry.to} ${entry.startedAt}`)
    if (new Set(keys).size < keys.length) this.#world.violated(11, `a release twice: ${keys.join(', ')}`)
  }

  onTransition(before: ReleaseState, event: ReleaseEvent, after: ReleaseState): void {
    if (after.seq < before.seq)
      this.#world.violated(5, `the machine went from sequence ${before.seq} to ${after.seq}`)
    this.#stepKeepsItsStart(before, event, after)
    if (event.type !== 'Wanted') this.#onResult(before, event, after)
  }

  /** Traffic was moved: to whom do users go? */
  onTraffic(by: ReleaseState): void {
    const side = by.phase === 'Promoting' ? by.canary : by.phase === 'Lowering' ? by.stable : undefined
    if (side === undefined) return
    this.#users = side.version
    this.#isUntold = by.phase === 'Promoting' && this.#world.isZombieActing
  }

  /** A stranger took the mark out of the VirtualService. */
  onStripped(): void {
    this.#isUntold = true
  }

  /** May the release get weight, as far as what happened before goes? */
  mayBeRaised({ version, templateHash }: ReleaseState): void {
    if (this.#failed === `${version}/${templateHash}`)
      this.#world.violated(9, `${this.#failed} failed and is raised again`)
  }

  /**
   * An action takes itself for overtaken only if something later stands somewhere, or its mark is gone. The status of
   * the next sequence may be its own, from an attempt that crashed before it could report.
   */
  isReallyOvertaken({ seq, id }: ReleaseState): void {
    const { virtualService, rollout, isZombieActing } = this.#world
    if (isZombieActing || !rollout || !virtualService || this.#statusSeq() > seq + 1) return
    const mark = markOf(virtualService, KEY)
    if (mark?.release === id && !mark.halted && mark.seq <= seq)
      this.#world.violated(8, `release ${id} is taken for overtaken, though its own write stands`)
  }

  #statusSeq(): number {
    return this.#world.status.release?.seq ?? 0
  }

  #onResult(before: ReleaseState, event: ResultEvent, after: ReleaseState): void {
    if (event.seq !== before.seq) {
      if (after !== before)
        this.#world.violated(3, `${event.type} of ${event.seq} was heard at ${before.seq}`)
      return
    }
    if (event.type === 'Leftover') this.#promotedStays(event.canary.version, after)
    if (event.type === 'Cleared' && after.phase === 'Preparing') this.#stableIsWhatUsersHave(after)
    if (event.type === 'Lowered' && before.ending?.failed) this.#fails(before, after)
  }

  #promotedStays(version: string, after: ReleaseState): void {
    if (after.phase === 'Lowering' && version === this.#users && !this.#isUntold)
      this.#world.violated(8, `${version} was promoted and is taken back because its workflow was lost`)
  }

  #stableIsWhatUsersHave({ stable, version }: ReleaseState): void {
    if (stable?.version !== this.#users)
      this.#world.violated(7, `${version} takes ${stable?.version} for stable, users have ${this.#users}`)
  }

  #fails(before: ReleaseState, { wanted }: ReleaseState): void {
    const failed = `${before.version}/${before.templateHash}`
    if (failed === `${wanted.version}/${wanted.templateHash}`) this.#failed = failed
  }

  #stepKeepsItsStart(before: ReleaseState, event: ReleaseEvent, after: ReleaseState): void {
    const isSameStep = before.id === after.id && before.step === after.step
    if (!isSameStep || !IN_STEP.has(before.phase) || !IN_STEP.has(after.phase)) return
    // What the canary answered in place of all was no step.
    if (event.type === 'StableBack') return
    if (before.stepStartedAt !== undefined && before.stepStartedAt !== after.stepStartedAt)
      this.#world.violated(10, `${event.type} changed the start of step ${after.step}`)
  }
}
