import { durationText } from '../api/quantities.ts'
import type { ResultEvent } from '../core/machine/event.ts'
import { desiredWeight } from '../core/machine/state.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import { describePlanned } from '../core/policy/planned.ts'
import { haltRoute, lowerWeight, raiseWeight, reclaimRoute } from '../core/traffic/edits.ts'
import type { Ports } from '../ports.ts'
import type { Applied } from './apply.ts'
import { applyAll } from './apply-all.ts'
import { sidesOf } from '../core/traffic/context.ts'
import { isToGo, readyPods } from './context.ts'
import { giveAll, takeAll } from './final-route.ts'
import { lackOf } from './lack.ts'
import { answerAlarm } from './observe/answers.ts'
import { guard } from './observe/guard.ts'
import { initialMemory } from './observe/watch.ts'
import { writeStatus } from './perform.ts'
import type { Outcome } from './perform.ts'
import { orTell } from './refused.ts'
import type { Refusals } from './refused.ts'
import { canaryHasWeight } from './weights.ts'

/** Gives the canary the weight of its step. Status first, then the object. */
export async function raise(ports: Ports, state: ReleaseState, refusals: Refusals): Promise<Outcome> {
  await writeStatus(ports, state)
  const lack = await lackOf(ports, state)
  if (lack !== undefined) return lost(ports, state, lack)
  const applied = await refusals.unless(ports, state, 'VirtualService', async () =>
    applyAll(ports, state, (traffic) => raiseWeight(traffic, desiredWeight(state))),
  )
  const event = typeof applied === 'string' ? raisedOr(applied, state, ports.clock.now(), 'Raised') : applied
  if (event.type === 'Overtaken') return takeHoldAgain(ports, state, event, refusals)
  // The observer tells of the weight as soon as the proxies have it.
  return event.type === 'Raised' ? { event, quiet: true } : { event }
}

/**
 * A stranger who replaced the whole object took our mark along, and without one no weight is raised. It is set again, and
 * the workflow raises anew: whoever is behind may set a mark, but never a weight.
 */
async function takeHoldAgain(
  ports: Ports,
  state: ReleaseState,
  overtaken: ResultEvent,
  refusals: Refusals,
): Promise<Outcome> {
  const alarm = await guard(ports, state)
  if (alarm?.kind !== 'Drifted') return { event: overtaken }
  const claim = async () => applyAll(ports, state, reclaimRoute)
  const claimed = await refusals.unless(ports, state, 'mark', claim)
  if (typeof claimed !== 'string') return { event: claimed }
  return answerAlarm(ports, state, { alarm, gathered: initialMemory(state) })
}

/** Makes the canary the only destination. */
export async function promote(ports: Ports, state: ReleaseState, refusals: Refusals): Promise<Outcome> {
  await writeStatus(ports, state)
  const lack = await lackOf(ports, state)
  if (lack !== undefined) return withoutTarget(ports, state, lack)
  const give = async () => giveAll(ports, state)
  // Users on their way back must not be sent where they came from by a second VirtualService that cannot be written.
  const applied =
    state.direct === 'Returned'
      ? await orTell(ports, state, { what: `going back to ${state.version}`, write: give })
      : await refusals.unless(ports, state, 'VirtualService', give)
  if (typeof applied !== 'string') return { event: applied }
  return { event: raisedOr(applied, state, ports.clock.now(), 'Promoted') }
}

/** Takes all weight from the canary and marks the release as over. Throws while an object cannot be written, and tells it. */
export async function lower(ports: Ports, state: ReleaseState): Promise<Outcome> {
  if (await isStandIn(ports, state)) return untilStableAnswers(ports, state)
  const what = `taking ${state.version} back`
  await orTell(ports, state, { what, write: async () => takeAll(ports, state) })
  return { event: { type: 'Lowered', seq: state.seq, at: ports.clock.now() }, observed: 0 }
}

/**
 * Traffic is not given to a version without ready pods as long as another one can answer. Only a Rollout that is to go
 * does not wait for ever.
 */
async function isStandIn(ports: Ports, state: ReleaseState): Promise<boolean> {
  const { phaseAt, plan } = state
  if (isToGo(ports, state) && ports.clock.now() >= phaseAt + plan.progressDeadlineMs) return false
  const { stable, canary } = sidesOf(state)
  const isAlone = readyPods(ports, state, stable.version) === 0 && readyPods(ports, state, canary.version) > 0
  return isAlone && canaryHasWeight(ports, state)
}

/** The release is over all the same: nothing raises the canary again. Throws, to be tried again. */
async function untilStableAnswers(ports: Ports, state: ReleaseState): Promise<never> {
  const { stable, canary } = sidesOf(state)
  await applyAll(ports, state, haltRoute)
  const problem = `no pod of ${stable.version} is ready; ${canary.version} keeps its traffic until one is`
  await writeStatus(ports, state, { message: `taking ${state.version} back: ${problem}` })
  throw new Error(problem)
}

function raisedOr(
  applied: Applied,
  state: ReleaseState,
  at: number,
  done: 'Raised' | 'Promoted',
): ResultEvent {
  const { seq } = state
  if (applied === 'Written' || applied === 'Unchanged') return { type: done, seq, at }
  if (applied === 'Missing' || applied === 'NoRoute') {
    const message = `${describePlanned(state.plan)} or its route is gone`
    return { type: 'Failed', seq, at, reason: 'TrafficObjectGone', message }
  }
  if (applied === 'NotAllowed') {
    const message = `${describePlanned(state.plan)} does not allow Rollouts of ${state.rollout.namespace} any more`
    return { type: 'Failed', seq, at, reason: 'NotAllowed', message }
  }
  const message = `the release is marked as over in ${describePlanned(state.plan)}`
  return { type: 'Overtaken', seq, at, message }
}

/** A canary that has had all traffic loses it; a version that was to get it without steps is waited for. */
async function withoutTarget(ports: Ports, state: ReleaseState, lack: string): Promise<Outcome> {
  if (state.direct === undefined) return lost(ports, state, lack)
  const { plan, phaseAt, seq, direct, version } = state
  const at = ports.clock.now()
  if (direct === 'Returned' && at >= phaseAt + plan.progressDeadlineMs) {
    const message = `${lack}, after ${durationText(plan.progressDeadlineMs)}`
    return { event: { type: 'DeadlineExceeded', seq, at, message } }
  }
  const problem = `${lack}; ${version} gets all traffic as soon as that is mended`
  await writeStatus(ports, state, { message: problem })
  throw new Error(problem)
}

async function lost(ports: Ports, state: ReleaseState, message: string): Promise<Outcome> {
  await applyAll(ports, state, (traffic) => lowerWeight(traffic, false))
  const { evidence } = state
  return {
    event: {
      type: 'CanaryLost',
      seq: state.seq,
      at: ports.clock.now(),
      message,
      ...(evidence && { evidence }),
    },
  }
}
