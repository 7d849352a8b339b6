import type { Reason } from '../../api/v1alpha1/conditions.ts'
import type { FaultStatus, LastFailed, RolloutStatus } from '../../api/v1alpha1/status.ts'
import { dueFault } from '../faults/progress.ts'
import type { ProbeResult } from '../faults/progress.ts'
import { isSame, isoTime } from '../machine/moves.ts'
import { IN_STEP, desiredWeight } from '../machine/state.ts'
import type { Phase, ReleaseState } from '../machine/state.ts'
import { conditionsOf } from './conditions.ts'
import { standingOf } from './standing.ts'

const HISTORY_LENGTH = 10
/** Phases in which nothing was measured yet: verdicts in the status are those of another release. */
const BEFORE_LOOKS: ReadonlySet<Phase> = new Set(['Preflight', 'Refused', 'Preparing'])

/** What a status needs beside the state of the release. */
export interface StatusContext {
  /** The status as it stands in the cluster. */
  readonly prior: RolloutStatus
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly workflow?: { readonly id: string; readonly runId: string }
  /** A better sentence than the state alone can give. */
  readonly message?: string
  /** A better reason than the state alone can give. */
  readonly reason?: Reason
}

/**
 * The status of a Rollout whose release is in a state. Undefined when a later action has written already: the fence of
 * the status.
 */
export function statusOf(state: ReleaseState, context: StatusContext): RolloutStatus | undefined {
  const { prior } = context
  if ((prior.release?.seq ?? 0) > state.seq) return undefined
  const known = standingOf(state)
  const standing = context.reason === undefined ? known : { ...known, reason: context.reason }
  const message = context.message ?? standing.message
  const conditions = conditionsOf(
    { ...standing, message: standing.message },
    { generation: state.wanted.plan.generation, now: isoTime(context.now), prior: prior.conditions },
  )
  return {
    ...carried(prior, state),
    message,
    release: releaseOf(state),
    weight: weightOf(state, prior),
    ...(IN_STEP.has(state.phase) && { step: `${state.step + 1}/${state.plan.steps.length}` }),
    ...faultsOf(state, prior),
    ...(context.workflow && { workflow: context.workflow }),
    ...failedOf(state, prior),
    history: historyOf(state, prior),
    conditions,
  }
}

/** Fields that outlive the phase that wrote them. */
function carried(prior: RolloutStatus, state: ReleaseState): RolloutStatus {
  const { step: _step, lastFailed: _failed, verdicts, stableVersion, workflow, observedGeneration } = prior
  const stable = usersHave(state) ?? stableVersion
  const keepVerdicts = verdicts !== undefined && !BEFORE_LOOKS.has(state.phase)
  return {
    ...(observedGeneration !== undefined && { observedGeneration }),
    ...(stable !== undefined && { stableVersion: stable }),
    ...(workflow && { workflow }),
    ...(keepVerdicts && { verdicts }),
  }
}

/** The version that users have, as far as the state knows it. */
function usersHave(state: ReleaseState): string | undefined {
  const promoted =
    state.phase === 'Retaining' ||
    state.phase === 'Retiring' ||
    ((state.phase === 'Done' || state.phase === 'Forgetting') && state.ending === undefined)
  return promoted ? (state.canary?.version ?? state.stable?.version) : state.stable?.version
}

/** What came of the probes, the latest of each; what its action tells of the one under way stays. */
function faultsOf(state: ReleaseState, { faults = [] }: RolloutStatus): Pick<RolloutStatus, 'faults'> {
  const results = (state.probes?.results ?? []).map(faultStatus)
  const due = state.phase === 'Probing' ? dueFault(state)?.name : undefined
  const running = faults.filter((one) => one.name === due && RUNNING.has(one.state))
  const latest = new Map([...results, ...running].map((one) => [one.name, one]))
  return latest.size === 0 ? {} : { faults: [...latest.values()] }
}

const RUNNING: ReadonlySet<FaultStatus['state']> = new Set(['Waiting', 'Baseline', 'Injected', 'Recovering'])

const STATE_OF_VERDICT = { Pass: 'Passed', Fail: 'Failed', Inconclusive: 'Inconclusive' } as const

function faultStatus({ name, host, verdict, message }: ProbeResult): FaultStatus {
  return { name, host, state: STATE_OF_VERDICT[verdict], message }
}

function releaseOf(state: ReleaseState): NonNullable<RolloutStatus['release']> {
  return {
    id: state.id,
    seq: state.seq,
    phase: state.phase,
    version: state.version,
    templateHash: state.templateHash,
    step: state.step + 1,
    steps: state.plan.steps.length,
    startedAt: isoTime(state.startedAt),
    ...(state.stepStartedAt !== undefined && { stepStartedAt: isoTime(state.stepStartedAt) }),
  }
}

function weightOf(state: ReleaseState, prior: RolloutStatus): NonNullable<RolloutStatus['weight']> {
  const desired = state.phase === 'Done' && state.ending === undefined ? 100 : desiredWeight(state)
  const { observedBy } = prior.weight ?? {}
  const observed = prior.weight?.desired === desired ? prior.weight.observed : undefined
  return {
    desired,
    ...(observed !== undefined && { observed }),
    ...(observedBy !== undefined && { observedBy }),
  }
}

function failedOf(state: ReleaseState, prior: RolloutStatus): { lastFailed?: LastFailed } {
  const { ending, version, templateHash } = state
  if (ending?.failed !== true || state.ended === undefined) {
    return stillFailed(state, prior.lastFailed)
  }
  const at = state.ended.finishedAt
  return { lastFailed: { version, templateHash, reason: ending.reason, message: ending.message, at } }
}

/** A failed release is forgotten as soon as something else is wanted. */
function stillFailed({ wanted }: ReleaseState, failed: LastFailed | undefined): { lastFailed?: LastFailed } {
  return failed !== undefined && isSame(failed, wanted) ? { lastFailed: failed } : {}
}

function historyOf(state: ReleaseState, prior: RolloutStatus): NonNullable<RolloutStatus['history']> {
  const history = prior.history ?? []
  const { ended } = state
  if (ended === undefined) return history
  const others = history.filter((entry) => entry.to !== ended.to || entry.startedAt !== ended.startedAt)
  return [ended, ...others].slice(0, HISTORY_LENGTH)
}
