import type { Reason } from '../../api/v1alpha1/conditions.ts'
import { durationText } from '../../api/quantities.ts'
import { dueFault } from '../faults/progress.ts'
import { IN_STEP, desiredWeight } from '../machine/state.ts'
import type { Phase, ReleaseState } from '../machine/state.ts'
import { awaitsPrometheus } from '../machine/timers.ts'
import type { Standing } from './conditions.ts'

const REASON_OF_PHASE: Record<Phase, Reason> = {
  Preflight: 'Checking',
  Refused: 'PreflightFailed',
  Preparing: 'Preparing',
  Raising: 'Progressing',
  Probing: 'Progressing',
  Observing: 'Progressing',
  Promoting: 'Promoting',
  Retaining: 'Promoted',
  Retiring: 'Promoted',
  Lowering: 'RollingBack',
  Cleaning: 'RollingBack',
  Forgetting: 'Deleting',
  Done: 'Stable',
}

/** A release that waits for the end of a pause before anything is touched. */
export function heldBack(version: string): string {
  return `the release of ${version} starts when spec.paused is false`
}

/** What a release is, in one word and one sentence: the same text everywhere. */
export function standingOf(state: ReleaseState): Standing {
  const reason = reasonOf(state)
  return { type: typeOf(reason), reason, message: messageOf(state) }
}

function reasonOf(state: ReleaseState): Reason {
  if (endedBadly(state)) return 'RolledBack'
  if (isStandIn(state)) return 'StableLost'
  if (HOLDS.has(state.phase) && state.wanted.paused) return 'Paused'
  if (awaitsPrometheus(state)) return 'PrometheusUnreachable'
  if (isHeldBack(state)) return 'Paused'
  return REASON_OF_PHASE[state.phase]
}

/** Phases that a pause holds. */
const HOLDS: ReadonlySet<Phase> = new Set(['Preparing', 'Probing', 'Observing'])

/** The canary has all traffic for want of stable's pods. */
function isStandIn({ phase, stableLost }: ReleaseState): boolean {
  return stableLost === true && IN_STEP.has(phase)
}

/** Rolled back for a fault of its own; a release that somebody took back by asking for stable ends well. */
function endedBadly(state: ReleaseState): boolean {
  return state.phase === 'Done' && state.ending?.failed === true
}

/** Preflight found all in order, and the Rollout is paused. */
function isHeldBack({ phase, wanted, stable, canary, ended, ending }: ReleaseState): boolean {
  const hasBegun = canary !== undefined || ended !== undefined || ending !== undefined
  return phase === 'Done' && wanted.paused && !hasBegun && stable !== undefined
}

function typeOf(reason: Reason): Standing['type'] {
  if (reason === 'RolledBack' || reason === 'PreflightFailed') return 'Stalled'
  return reason === 'Stable' || reason === 'Promoted' ? 'Ready' : 'Reconciling'
}

const MESSAGES: Readonly<Record<Phase, (state: ReleaseState) => string>> = {
  Preflight: ({ version }) => `looking whether ${version} can be released`,
  Refused: ({ findings }) => findings.map((finding) => finding.message).join('; '),
  Preparing: preparing,
  Raising: (state) => `raising ${state.version} to ${desiredWeight(state)} %`,
  Probing: (state) =>
    `${desiredWeight(state)} %: fault probe ${dueFault(state)?.name ?? ''}: looking how ${state.version} does without the fault`,
  Observing: (state) => `${desiredWeight(state)} %: ${state.version} is observed`,
  Promoting: promoting,
  Retaining: (state) =>
    `${state.version} has all traffic; ${stableOf(state)} stays ready for ${durationText(state.plan.retireAfterMs)}`,
  Retiring: (state) => `${state.version} has all traffic; ${stableOf(state)} is being retired`,
  Lowering: (state) => `taking ${state.version} back: ${whyOf(state)}`,
  Cleaning: (state) =>
    `${stableOf(state)} has all traffic again: ${whyOf(state)}; cleaning up ${state.version}`,
  Forgetting: () => 'the Rollout is being deleted; its marks are removed',
  Done: done,
}

function messageOf(state: ReleaseState): string {
  if (isStandIn(state))
    return `no pod of ${stableOf(state)} is ready; ${state.version} has all traffic until one is, and the release waits`
  return MESSAGES[state.phase](state)
}

function stableOf(state: ReleaseState): string {
  return state.stable?.version ?? 'the stable version'
}

function whyOf(state: ReleaseState): string {
  return state.ending?.message ?? 'the release ended'
}

function preparing(state: ReleaseState): string {
  if (state.step < 0)
    return `waiting for ready pods of ${state.version} and for the proxies to know its subset`
  return `${state.version} lost its ready pods and has no traffic; its step begins anew when they are back`
}

function promoting({ version, direct }: ReleaseState): string {
  if (direct === 'Returned') return `${version} gets all traffic back`
  if (direct === 'Adopted') return `${version} is the only version alive and gets all traffic`
  return `${version} passed all steps and becomes the only version`
}

function done(state: ReleaseState): string {
  const { ending, canary, version, wanted } = state
  if (isHeldBack(state)) return heldBack(wanted.version)
  if (ending?.failed) return `${version} was rolled back: ${ending.message}; users have ${stableOf(state)}`
  if (ending) return `users have ${stableOf(state)}: ${ending.message}`
  return `users have ${canary?.version ?? wanted.version}`
}
