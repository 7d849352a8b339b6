import { keyOf } from '../../api/names.ts'
import type { Evidence } from '../analysis/evidence.ts'
import { dueFault } from '../faults/progress.ts'
import type { ProbeResult } from '../faults/progress.ts'
import { hostOf } from '../faults/whose.ts'
import type { ResultEvent } from '../machine/event.ts'
import { desiredWeight, initialState } from '../machine/state.ts'
import type { Phase, ReleaseState, Side, Wanted } from '../machine/state.ts'
import { transition } from '../machine/transition.ts'
import type { Plan } from '../plan.ts'
import { queryOf } from '../policy/planned.ts'
import type { Clearance } from '../policy/preflight.ts'
import { releaseOf, sidesOf } from './context.ts'
import type { TrafficContext } from './context.ts'
import {
  addSubset,
  claimRoute,
  lowerWeight,
  promoteCanary,
  raiseWeight,
  settleRoute,
  settleRule,
} from './edits.ts'
import type { Edit } from './edits.ts'
import { namesSubset } from './references.ts'
import type { DestinationRule, MeshObject, VirtualService } from './types.ts'

/** The objects that a release writes. */
export interface Stand {
  /** As the plan lists them. */
  readonly virtualServices: readonly VirtualService[]
  readonly destinationRule: DestinationRule
}

/** A release that is only thought through. */
export interface Rehearsal {
  readonly rollout: ReleaseState['rollout']
  readonly plan: Plan
  readonly version: string
  readonly templateHash: string
  /** What preflight said. */
  readonly cleared: Extract<Clearance, { kind: 'Cleared' }>
  readonly before: Stand
  /** VirtualServices of others, which may name a subset that would go. */
  readonly others: readonly VirtualService[]
}

/** What stands in the cluster when an action of a release is done. */
export interface Moment extends Stand {
  /** Phase whose action it was. */
  readonly phase: Phase
  /** Index of the step; -1 before the first. */
  readonly step: number
}

/** All that a release writes which passes every step, in order. */
export function rehearse(rehearsal: Rehearsal): Moment[] {
  return play(rehearsal, begin(rehearsal), rehearsal.before)
}

/** All that is written when a step fails: weight 0, then the cleaning. Empty for a release without steps. */
export function rehearseRollback(rehearsal: Rehearsal, step: number): Moment[] {
  const seen: ReleaseState[] = []
  const moments = play(rehearsal, begin(rehearsal), rehearsal.before, seen)
  const failing = seen.find((state) => state.phase === 'Observing' && state.step === step)
  const stand = moments.findLast((moment) => moment.phase === 'Raising' && moment.step === step)
  if (failing === undefined || stand === undefined) return []
  const { seq } = failing
  const lowering = transition(failing, { type: 'Failed', seq, at: 0, reason: 'MetricFailed', message: '' })
  return play(rehearsal, lowering, stand)
}

function begin({ rollout, plan, version, templateHash, cleared }: Rehearsal): ReleaseState {
  const { uid } = rollout
  const wanted: Wanted = { uid, version, templateHash, plan, paused: false, deleting: false }
  const state = initialState(rollout, wanted, 0)
  const { lastFailed: _tried, kind: type, ...rest } = cleared
  return transition(state, { type, seq: state.seq, at: 0, ...rest })
}

/** The machine says what comes next, the edits say what that writes. */
function play(rehearsal: Rehearsal, from: ReleaseState, before: Stand, seen: ReleaseState[] = []): Moment[] {
  const moments: Moment[] = []
  let stand: Stand = { virtualServices: before.virtualServices, destinationRule: before.destinationRule }
  for (let state = from; state.phase !== 'Done'; state = transition(state, resultOf(state))) {
    seen.push(state)
    const write = WRITES[state.phase]
    if (write === undefined) continue
    stand = write(stand, state, rehearsal)
    moments.push({ ...stand, phase: state.phase, step: state.step })
  }
  return moments
}

type Write = (stand: Stand, state: ReleaseState, rehearsal: Rehearsal) => Stand

/** What the actions of the phases write, as src/activities do it. */
const WRITES: Partial<Record<Phase, Write>> = {
  Preparing: (stand, state) => ({
    ...routed(stand, state, claimRoute),
    destinationRule: edited(stand.destinationRule, addSubset(releaseOf(state), state.plan.versionLabel)),
  }),
  Raising: (stand, state) => routed(stand, state, (traffic) => raiseWeight(traffic, desiredWeight(state))),
  Promoting: (stand, state) => routed(stand, state, promoteCanary),
  Retiring: (stand, state, rehearsal) => {
    const { stable, canary } = sidesOf(state)
    return dropSubset(stand, state, rehearsal, { leaves: stable, stays: canary, onlyIfOurs: false })
  },
  Lowering: (stand, state) => routed(stand, state, (traffic) => lowerWeight(traffic, true)),
  Cleaning: (stand, state, rehearsal) => {
    const { stable, canary } = sidesOf(state)
    const dropped = dropSubset(stand, state, rehearsal, { leaves: canary, stays: stable, onlyIfOurs: true })
    return routed(dropped, state, (traffic) => settleRoute({ ...traffic, canary: stable }))
  },
}

/** Nothing that is written depends on it. */
const NO_EVIDENCE: Evidence = { step: 0, steps: 1, metrics: {}, peak: { logE: 0 } }

/** How the action of a phase ends when all goes well. */
function resultOf(state: ReleaseState): ResultEvent {
  const { seq, phase } = state
  const at = 0
  switch (phase) {
    case 'Preparing':
      return { type: 'Prepared', seq, at }
    case 'Raising':
      return { type: 'Raised', seq, at }
    case 'Probing':
      return { type: 'Probed', seq, at, countedTo: 0, result: passedProbe(state) }
    case 'Observing':
      return { type: 'Passed', seq, at, evidence: NO_EVIDENCE, countedTo: 0 }
    case 'Promoting':
      return { type: 'Promoted', seq, at }
    case 'Retaining':
      return { type: 'Elapsed', seq, at }
    case 'Retiring':
      return { type: 'Retired', seq, at }
    case 'Lowering':
      return { type: 'Lowered', seq, at }
    case 'Cleaning':
      return { type: 'Cleaned', seq, at }
    case 'Preflight':
    case 'Refused':
    case 'Forgetting':
    case 'Done':
      throw new Error(`a rehearsal does not come to ${phase}`)
  }
}

function passedProbe(state: ReleaseState): ProbeResult {
  const fault = dueFault(state)
  return { name: fault?.name ?? '', host: hostOf(fault ?? {}, state), verdict: 'Pass', message: '' }
}

/** A subset that somebody names stays. */
function dropSubset(
  stand: Stand,
  state: ReleaseState,
  { others }: Rehearsal,
  { leaves, stays, onlyIfOurs }: { leaves: Side; stays: Side; onlyIfOurs: boolean },
): Stand {
  const service = { namespace: state.rollout.namespace, name: state.plan.service }
  const isUsed = [...stand.virtualServices, ...others].some((one) => namesSubset(one, service, leaves.subset))
  const ended = { ...releaseOf(state), stable: stays, canary: stays }
  const goes = isUsed ? undefined : { subset: leaves.subset, onlyIfOurs }
  return { ...stand, destinationRule: edited(stand.destinationRule, settleRule(ended, goes)) }
}

/** All managed VirtualServices with an edit done. */
function routed(
  stand: Stand,
  state: ReleaseState,
  edit: (traffic: TrafficContext) => Edit<VirtualService>,
): Stand {
  const { plan, rollout } = state
  const virtualServices = stand.virtualServices.map((object, place) => {
    const planned = plan.virtualServices[place] ?? { name: object.metadata.name }
    return edited(object, edit({ ...releaseOf(state), route: queryOf(plan, planned, rollout) }))
  })
  return { ...stand, virtualServices }
}

/** Preflight has cleared the release, so a refusal here is a bug of ours. */
function edited<T extends MeshObject>(object: T, edit: Edit<T>): T {
  const result = edit(object)
  if ('refused' in result)
    throw new Error(`${object.kind} ${keyOf(object.metadata)} cannot be written: ${result.refused}`)
  return result.object
}
