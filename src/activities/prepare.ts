import { durationText } from '../api/quantities.ts'
import type { ResultEvent } from '../core/machine/event.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import { describePlanned } from '../core/policy/planned.ts'
import { addSubset, claimRoute } from '../core/traffic/edits.ts'
import type { Ports } from '../ports.ts'
import { apply } from './apply.ts'
import type { Applied } from './apply.ts'
import { applyAll } from './apply-all.ts'
import { untilPodsReady } from './capacity/until-ready.ts'
import { releaseOf, sidesOf } from '../core/traffic/context.ts'
import { isPaused, ruleRef } from './context.ts'
import { writeStatus } from './perform.ts'
import type { Outcome } from './perform.ts'
import { proxiesKnow } from './proxies.ts'
import type { Refusals } from './refused.ts'
import { waitUntil } from './waiting.ts'

/**
 * Makes the canary able to take traffic: finalizer, claim, ready pods, subset, and proxies that know it. The undo (the
 * finalizer and the mark) is registered before anything is done. While the Rollout is paused nothing follows.
 */
export async function prepare(ports: Ports, state: ReleaseState, refusals: Refusals): Promise<Outcome> {
  if (!(await ports.store.setFinalizer(state.rollout, true))) {
    return { event: { type: 'Forgotten', seq: state.seq, at: ports.clock.now() } }
  }
  const claim = async () => applyAll(ports, state, claimRoute)
  const claimed = endIn(ports, state, await refusals.unless(ports, state, 'VirtualService', claim))
  if (claimed) return { event: claimed }
  const late = await untilPodsReady(ports, state)
  if (late !== 'Ready') return { event: late }
  const added = await waitUntil(ports, state, async () => subsetAdded(ports, state, refusals))
  if (added !== 'Ready') return { event: added }
  const known = await waitUntil(
    ports,
    state,
    async () => (await subsetKnown(ports, state)) ?? deadline(ports, state, subsetUnknown(state)),
  )
  if (known !== 'Ready') return { event: known }
  await untilResumed(ports, state)
  return { event: { type: 'Prepared', seq: state.seq, at: ports.clock.now() } }
}

async function untilResumed(ports: Ports, state: ReleaseState): Promise<void> {
  if (!isPaused(ports, state)) return
  const weight = state.direct === undefined ? state.plan.steps[Math.max(0, state.step)]?.weight : 100
  const message = `${state.version} is ready for ${weight} %, which waits for spec.paused to be false`
  await writeStatus(ports, { ...state, wanted: { ...state.wanted, paused: true } }, { message })
  await waitUntil(ports, state, () => (isPaused(ports, state) ? undefined : true))
}

/** A DestinationRule that is gone may be on its way to be made anew. */
async function subsetAdded(
  ports: Ports,
  state: ReleaseState,
  refusals: Refusals,
): Promise<'Ready' | ResultEvent | undefined> {
  const ref = ruleRef(state)
  const edit = addSubset(releaseOf(state), state.plan.versionLabel)
  const add = async () => apply(ports.mesh, ref, edit)
  const applied = await refusals.unless(ports, state, 'DestinationRule', add)
  if (applied === 'Missing')
    return deadline(ports, state, `there was no DestinationRule ${ref.namespace}/${ref.name}`)
  return endIn(ports, state, applied) ?? 'Ready'
}

async function subsetKnown(ports: Ports, state: ReleaseState): Promise<'Ready' | undefined> {
  return (await proxiesKnow(ports, state, sidesOf(state).canary.subset)) ? 'Ready' : undefined
}

function deadline(ports: Ports, state: ReleaseState, what: string): ResultEvent | undefined {
  const { phaseAt, plan, seq } = state
  const now = ports.clock.now()
  if (now < phaseAt + plan.progressDeadlineMs) return undefined
  const message = `${what} after ${durationText(plan.progressDeadlineMs)}`
  return { type: 'DeadlineExceeded', seq, at: now, message }
}

function subsetUnknown(state: ReleaseState): string {
  return `not all proxies knew the subset ${sidesOf(state).canary.subset} with a ready endpoint`
}

/** The event in which a write ends that could not be made; undefined when it was made. */
function endIn(ports: Ports, state: ReleaseState, applied: Applied | ResultEvent): ResultEvent | undefined {
  if (typeof applied !== 'string') return applied
  const { seq } = state
  const at = ports.clock.now()
  if (applied === 'Written' || applied === 'Unchanged') return undefined
  if (applied === 'Stale' || applied === 'Halted') {
    return { type: 'Overtaken', seq, at, message: 'a later action of the Rollout holds its objects' }
  }
  if (applied === 'NotAllowed') {
    const message = `${describePlanned(state.plan)} does not allow Rollouts of ${state.rollout.namespace} any more`
    return { type: 'Failed', seq, at, reason: 'NotAllowed', message }
  }
  const message = `${describePlanned(state.plan)} or its route is gone`
  return { type: 'Failed', seq, at, reason: 'TrafficObjectGone', message }
}
