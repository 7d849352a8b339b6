import { initialState } from './state.ts'
import type { Ending, Phase, ReleaseState, Side } from './state.ts'
import type { HistoryEntry } from '../../api/v1alpha1/status.ts'

/** Starts the action of a phase: a new sequence, so that whatever was under way is behind. */
export function enter(
  state: ReleaseState,
  phase: Phase,
  at: number,
  changes: Partial<ReleaseState> = {},
): ReleaseState {
  return { ...state, ...changes, phase, phaseAt: at, seq: state.seq + 1 }
}

/** Takes the release back: weight 0 first, all else after it. */
export function takeBack(state: ReleaseState, at: number, ending: Ending): ReleaseState {
  return enter(state, 'Lowering', at, { ending })
}

/** Is there a canary that may have weight, and a stable version that users did not want to leave? */
export function canBeTakenBack({ phase, direct }: ReleaseState): boolean {
  return ABORTABLE.has(phase) && (phase !== 'Promoting' || direct === undefined)
}

const ABORTABLE: ReadonlySet<Phase> = new Set(['Preparing', 'Raising', 'Probing', 'Observing', 'Promoting'])

type Identity = Pick<ReleaseState, 'version' | 'templateHash'>

/** Does the Rollout ask for exactly what this release is? A workload that is not there has no template to differ. */
export function isSame(release: Identity, wanted: Identity): boolean {
  const sameTemplate = wanted.templateHash === '' || wanted.templateHash === release.templateHash
  return wanted.version === release.version && sameTemplate
}

/** The Rollout was deleted and made anew: what is wanted is not for this release to do. */
export function isAnothers({ rollout, wanted }: ReleaseState): boolean {
  return rollout.uid !== wanted.uid
}

/** What follows when nothing of a release is left in the cluster and users have `stable`. */
export function afterwards(state: ReleaseState, at: number, stable: string): ReleaseState {
  const { wanted } = state
  if (wanted.deleting) return enter(state, 'Forgetting', at)
  const failedAlready = state.ending?.failed === true && isSame(state, wanted) && !isAnothers(state)
  if (wanted.version === stable || failedAlready || wanted.paused) return enter(state, 'Done', at)
  return begin(state, at)
}

/** A new release, of the Rollout that asks for it. */
export function begin({ rollout, wanted, seq }: ReleaseState, at: number): ReleaseState {
  return initialState({ ...rollout, uid: wanted.uid }, wanted, at, seq)
}

/** After a promotion: keep the way back open, go it, or hurry on because something else is wanted. */
export function retain(state: ReleaseState, at: number): ReleaseState {
  const { wanted, stable, canary } = state
  const isOver = wanted.deleting || isAnothers(state)
  if (!isOver && wanted.version === stable?.version) return goBack(state, at)
  if (isOver || wanted.version !== canary?.version) return enter(state, 'Retiring', at)
  return state.phase === 'Retaining' ? state : enter(state, 'Retaining', at)
}

/** The way back: the former stable version is still there and gets all traffic at once. */
export function goBack(state: ReleaseState, at: number): ReleaseState {
  const { stable, canary, wanted } = state
  if (stable === undefined || canary === undefined) return state
  return enter(state, 'Promoting', at, {
    stable: canary,
    canary: stable,
    version: stable.version,
    templateHash: wanted.templateHash,
    direct: 'Returned',
    startedAt: at,
  })
}

/** Was all traffic to go to one version at once, and is it not known to have gone? Of several routes some may have. */
export function isHalfGone(state: ReleaseState): boolean {
  return state.direct !== undefined && state.ended?.startedAt !== isoTime(state.startedAt)
}

/** The line of the history for a release that ends now. */
export function ended(
  state: ReleaseState,
  at: number,
  outcome: { result: HistoryEntry['result']; reason: string; from: Side | undefined },
): HistoryEntry {
  return {
    from: outcome.from?.version ?? '',
    to: state.version,
    result: outcome.result,
    reason: outcome.reason,
    startedAt: isoTime(state.startedAt),
    finishedAt: isoTime(at),
  }
}

/** RFC 3339 text of milliseconds since the epoch. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
