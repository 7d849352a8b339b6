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
import type { Applied } from './apply.ts'
import { routeRef, trafficOf, writerOf } from './context.ts'
import { lackOf } from './lack.ts'

/** Least time between two writes against somebody who goes on writing other weights (milliseconds). */
const PUT_BACK_MS = 1000

/**
 * Makes the canary the only destination. A stranger who replaced the whole object took our mark along, or brought an
 * older one back: the release takes hold of it again, unless something later of ours stands.
 */
export async function giveAll(ports: Ports, state: ReleaseState): Promise<Applied> {
  const traffic = trafficOf(state)
  const applied = await apply(ports.mesh, routeRef(state), promoteCanary(traffic))
  const isRefused = applied === 'Halted' || applied === 'Stale'
  if (!isRefused || !(await mayReclaim(ports, state))) return applied
  await apply(ports.mesh, routeRef(state), reclaimRoute(traffic))
  return apply(ports.mesh, routeRef(state), promoteCanary(traffic))
}

/** Takes all weight from the canary and marks the release as over. What is gone needs no lowering. */
export async function takeAll(ports: Ports, state: ReleaseState): Promise<Applied> {
  return apply(ports.mesh, routeRef(state), lowerWeight(trafficOf(state), true))
}

/** Keeps the final route of a release while its end is awaited: a stranger may give traffic to the version that leaves. */
export class FinalRoute {
  readonly #ports: Ports
  readonly #state: ReleaseState
  readonly #leaves: Side
  #putBackAt = -Infinity

  constructor(ports: Ports, state: ReleaseState, leaves: Side) {
    this.#ports = ports
    this.#state = state
    this.#leaves = leaves
  }

  /**
   * `Kept` when the route does not name the version that leaves; `Stale` when a later action of ours holds it. `GivenUp`
   * when it does, and the version that stays could not answer for as long as pods are waited for.
   */
  async keep(): Promise<'Kept' | 'PutBack' | 'GivenUp' | 'Stale'> {
    const state = this.#state
    const object = (await this.#ports.mesh.read(routeRef(state), 'Cached')) as VirtualService | undefined
    if (object === undefined || !isNamedByRoute(object, trafficOf(state), this.#leaves.subset)) return 'Kept'
    const now = this.#ports.clock.now()
    if (now - this.#putBackAt < PUT_BACK_MS) return 'PutBack'
    this.#putBackAt = now
    return this.#putBack(object)
  }

  async #putBack(object: VirtualService): Promise<'PutBack' | 'GivenUp' | 'Stale'> {
    const state = this.#state
    const leavesCanary = this.#leaves.subset === state.canary?.subset
    // Traffic is taken from anybody at once, and given only to a version that can answer.
    if (!leavesCanary && (await lackOf(this.#ports, state)) !== undefined)
      return this.#isLate() ? 'GivenUp' : 'PutBack'
    const applied = await (leavesCanary ? takeAll : giveAll)(this.#ports, state)
    if (applied === 'Written') await this.#report(object)
    return applied === 'Stale' ? 'Stale' : 'PutBack'
  }

  #isLate(): boolean {
    const { phaseAt, plan, wanted } = this.#state
    return wanted.deleting || this.#ports.clock.now() >= phaseAt + plan.progressDeadlineMs
  }

  async #report(object: VirtualService): Promise<void> {
    const { rollout, seq } = this.#state
    const message = strangersWeights(object, trafficOf(this.#state))
    await this.#ports.store.record(rollout, { type: 'Warning', reason: 'Drifted', message, seq })
  }
}

async function mayReclaim(ports: Ports, state: ReleaseState): Promise<boolean> {
  const rollout = ports.store.get(state.rollout)
  // The next sequence is that of this action's own end, from an attempt that was cut off.
  const isLast = (rollout?.status.release?.seq ?? 0) <= state.seq + 1
  if (rollout?.meta.uid !== state.rollout.uid || !isLast) return false
  const object = await ports.mesh.read(routeRef(state), 'Fresh')
  return object !== undefined && isMarkLost(markOf(object, keyOf(state.rollout)), writerOf(state))
}
