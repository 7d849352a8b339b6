import { keyOf } from '../api/names.ts'
import type { ReleaseState, Side } from '../core/machine/state.ts'
import { strangersWeights } from '../core/traffic/drift.ts'
import { lowerWeight, promoteCanary, reclaimRoute } from '../core/traffic/edits.ts'
import { isMarkLost } from '../core/traffic/fence.ts'
import { isNamedByRoute } from '../core/traffic/managed.ts'
import { markOf } from '../core/traffic/mark.ts'
import type { VirtualService } from '../core/traffic/types.ts'
import type { Ports } from '../ports.ts'
import { apply } from './apply.ts'
import { applyAll, atAll } from './apply-all.ts'
import type { Applied } from './apply.ts'
import { writerOf } from '../core/traffic/context.ts'
import { isToGo, targetsOf } from './context.ts'
import type { Target } from './context.ts'
import { lackOf } from './lack.ts'

/** Least time between two writes against somebody who goes on writing other weights (milliseconds). */
const PUT_BACK_MS = 1000

/** Makes the canary the only destination of all managed routes. */
export async function giveAll(ports: Ports, state: ReleaseState): Promise<Applied> {
  return atAll(state, async (target) => giveAllIn(ports, state, target))
}

/**
 * A stranger who replaced the whole object took our mark along, or brought an older one back: the release takes hold of
 * it again, unless something later of ours stands.
 */
async function giveAllIn(ports: Ports, state: ReleaseState, { ref, traffic }: Target): Promise<Applied> {
  const applied = await apply(ports.mesh, ref, promoteCanary(traffic))
  const isRefused = applied === 'Halted' || applied === 'Stale'
  if (!isRefused || !(await mayReclaim(ports, state, { ref, traffic }))) return applied
  await apply(ports.mesh, ref, reclaimRoute(traffic))
  return apply(ports.mesh, ref, promoteCanary(traffic))
}

/** Takes all weight from the canary and marks the release as over. What is gone needs no lowering. */
export async function takeAll(ports: Ports, state: ReleaseState): Promise<Applied> {
  return applyAll(ports, state, (traffic) => lowerWeight(traffic, true))
}

/** `Kept` when no route names the version that leaves; `Stale` when a later action of ours holds one of them. */
type Keeping = 'Kept' | 'PutBack' | 'GivenUp' | 'Stale'

/** Of several routes the first of these counts. */
const FIRST: readonly Keeping[] = ['Stale', 'PutBack', 'GivenUp', 'Kept']

/** Keeps the final routes of a release while its end is awaited: a stranger may give traffic to the version that leaves. */
export class FinalRoutes {
  readonly #routes: readonly FinalRoute[]

  constructor(ports: Ports, state: ReleaseState, leaves: Side) {
    this.#routes = targetsOf(state).map((target) => new FinalRoute(ports, state, target, leaves))
  }

  /** `GivenUp` when a route could not be put back for as long as pods are waited for, or the Rollout goes. */
  async keep(): Promise<Keeping> {
    const kept = await Promise.all(this.#routes.map(async (route) => route.keep()))
    return FIRST.find((one) => kept.includes(one)) ?? 'Kept'
  }
}

class FinalRoute {
  readonly #ports: Ports
  readonly #state: ReleaseState
  readonly #target: Target
  readonly #leaves: Side
  #putBackAt = -Infinity

  constructor(ports: Ports, state: ReleaseState, target: Target, leaves: Side) {
    this.#ports = ports
    this.#state = state
    this.#target = target
    this.#leaves = leaves
  }

  async keep(): Promise<Keeping> {
    const { ref, traffic } = this.#target
    const object = (await this.#ports.mesh.read(ref, 'Cached')) as VirtualService | undefined
    if (object === undefined || !isNamedByRoute(object, traffic, this.#leaves.subset)) return 'Kept'
    const now = this.#ports.clock.now()
    if (now - this.#putBackAt < PUT_BACK_MS) return 'PutBack'
    this.#putBackAt = now
    return this.#putBack(object)
  }

  async #putBack(object: VirtualService): Promise<'PutBack' | 'GivenUp' | 'Stale'> {
    const state = this.#state
    const { ref, traffic } = this.#target
    const leavesCanary = this.#leaves.subset === state.canary?.subset
    // Traffic is taken from anybody at once, and given only to a version that can answer.
    if (!leavesCanary && (await lackOf(this.#ports, state)) !== undefined) return this.#untilLate()
    const applied = leavesCanary
      ? await apply(this.#ports.mesh, ref, lowerWeight(traffic, true))
      : await giveAllIn(this.#ports, state, this.#target)
    if (applied === 'Written') await this.#report(object)
    if (applied === 'Stale') return 'Stale'
    // What refuses now, such as a route that is gone or an owner who says no, may do so for good.
    return applied === 'Written' || applied === 'Unchanged' ? 'PutBack' : this.#untilLate()
  }

  #untilLate(): 'PutBack' | 'GivenUp' {
    return this.#isLate() ? 'GivenUp' : 'PutBack'
  }

  #isLate(): boolean {
    const { phaseAt, plan } = this.#state
    return isToGo(this.#ports, this.#state) || this.#ports.clock.now() >= phaseAt + plan.progressDeadlineMs
  }

  async #report(object: VirtualService): Promise<void> {
    const { rollout, seq } = this.#state
    const message = strangersWeights(object, this.#target.traffic)
    await this.#ports.store.record(rollout, { type: 'Warning', reason: 'Drifted', message, seq })
  }
}

async function mayReclaim(ports: Ports, state: ReleaseState, { ref }: Target): Promise<boolean> {
  const rollout = ports.store.get(state.rollout)
  // The next sequence is that of this action's own end, from an attempt that was cut off.
  const isLast = (rollout?.status.release?.seq ?? 0) <= state.seq + 1
  if (rollout?.meta.uid !== state.rollout.uid || !isLast) return false
  const object = await ports.mesh.read(ref, 'Fresh')
  return object !== undefined && isMarkLost(markOf(object, keyOf(state.rollout)), writerOf(state))
}
