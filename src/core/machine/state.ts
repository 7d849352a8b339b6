import type { ObjectRef } from '../../api/names.ts'
import type { HistoryEntry } from '../../api/v1alpha1/status.ts'
import type { Evidence } from '../analysis/evidence.ts'
import type { ProbeProgress } from '../faults/progress.ts'
import type { Plan } from '../plan.ts'
import type { Contest } from '../policy/contest.ts'

/**
 * What the release is doing. Each phase but the last has one action, which ends in an event (see transition).
 *
 *   Preflight ─ Refused (waits, tries again)
 *      │
 *   Preparing ─ Raising ─ (Probing) ─ Observing ─┬─ next step: Raising
 *      │           │          │          │       └─ Promoting ─ Retaining ─ Retiring ─ Done
 *      └───────────┴──────────┴──────────┴─ Lowering ─ Cleaning ─┬─ Preflight (another version is wanted)
 *                                                                ├─ Forgetting ─ Done (the Rollout is deleted)
 *                                                                └─ Done
 */
export type Phase =
  | 'Preflight'
  | 'Refused'
  | 'Preparing'
  | 'Raising'
  | 'Probing'
  | 'Observing'
  | 'Promoting'
  | 'Retaining'
  | 'Retiring'
  | 'Lowering'
  | 'Cleaning'
  | 'Forgetting'
  | 'Done'

/** What the Rollout asks for, as the controller read it. */
export interface Wanted {
  /** Of the Rollout that asks: a Rollout that was deleted and made anew is another one. */
  readonly uid: string
  readonly version: string
  /** Hash of the pod template of the wanted version; empty while no workload carries it. */
  readonly templateHash: string
  readonly plan: Plan
  readonly paused: boolean
  /** The Rollout is being deleted. */
  readonly deleting: boolean
}

/** A version and the subset that selects its pods. */
export interface Side {
  readonly version: string
  readonly subset: string
}

/** Why a release is being taken back. */
export interface Ending {
  readonly result: 'RolledBack' | 'Superseded'
  /** CamelCase reason, see api/v1alpha1/conditions. */
  readonly reason: string
  readonly message: string
  /** The version is not released again until it changes. */
  readonly failed: boolean
}

/** A problem found before anything was touched. */
export interface Finding {
  readonly reason: string
  /** What was found, where, and what to do. */
  readonly message: string
}

/** Where the release under way stands; plain JSON, so that it survives continue-as-new. */
export interface ReleaseState {
  readonly rollout: ObjectRef & { readonly uid: string }
  readonly phase: Phase
  /** Rises with every action; the fence of all writes. */
  readonly seq: number
  /** Identity of the release; empty until preflight cleared it. */
  readonly id: string
  readonly wanted: Wanted
  /** Version and template of this release; `wanted` may already differ. */
  readonly version: string
  readonly templateHash: string
  readonly plan: Plan
  readonly stable?: Side
  readonly canary?: Side
  /** Ready pods of stable when the release started. */
  readonly stablePods: number
  /** Index of the step, -1 before the first. */
  readonly step: number
  /** Times are milliseconds since the epoch. */
  readonly startedAt: number
  readonly phaseAt: number
  /** When the weight of this step was written. Restarts neither shorten nor repeat a hold. */
  readonly stepStartedAt?: number
  /** Requests before this moment are not counted: warm-up, and minutes with foreign weights. */
  readonly countFrom?: number
  readonly evidence?: Evidence
  /** What came of the fault probes so far; absent: none was due yet. */
  readonly probes?: ProbeProgress
  /** When a stranger's weights were last put back. */
  readonly driftedAt?: number
  readonly contest?: Contest
  /** Sequence of the action that wrote the weight of this step. */
  readonly weightSeq?: number
  readonly findings: readonly Finding[]
  /** How often in a row preflight refused; sets the time until the next try. */
  readonly refusals: number
  /** No pod of stable is ready: the canary has all traffic until one is, and nothing else happens. */
  readonly stableLost?: true
  /** Labels of the pods behind the Service when the release started. */
  readonly selector?: Readonly<Record<string, string>>
  /** How often the canary lost all ready pods. */
  readonly losses: number
  readonly ending?: Ending
  /** Users went back to the former stable version, or this version was the only one alive: no steps. */
  readonly direct?: 'Adopted' | 'Returned'
  /** What ended in this execution; written into the status with the next action. */
  readonly ended?: HistoryEntry
}

/** A release that is about to begin. */
export function initialState(
  rollout: ReleaseState['rollout'],
  wanted: Wanted,
  at: number,
  seq = 0,
): ReleaseState {
  return {
    rollout,
    phase: 'Preflight',
    seq: seq + 1,
    id: '',
    wanted,
    version: wanted.version,
    templateHash: wanted.templateHash,
    plan: wanted.plan,
    stablePods: 0,
    step: -1,
    startedAt: at,
    phaseAt: at,
    findings: [],
    refusals: 0,
    losses: 0,
  }
}

/** Weight (percent) that the canary should have in this state. */
export function desiredWeight(state: ReleaseState): number {
  if (PROMOTED.has(state.phase)) return 100
  if (!IN_STEP.has(state.phase)) return 0
  return state.stableLost ? 100 : (state.plan.steps[state.step]?.weight ?? 0)
}

/** Phases in which the canary has the weight of its step. */
export const IN_STEP: ReadonlySet<Phase> = new Set(['Raising', 'Probing', 'Observing'])
const PROMOTED: ReadonlySet<Phase> = new Set(['Promoting', 'Retaining', 'Retiring'])
