import { afterwards, begin, enter, goBack, isAnothers, isSame, retain, takeBack } from './moves.ts'
import type { WantedEvent } from './event.ts'
import type { Ending, Phase, ReleaseState, Wanted } from './state.ts'

type Handler = (state: ReleaseState, at: number) => ReleaseState
const note: Handler = (state) => state

/** What a changed Rollout means in each phase; where it is only noted, it is looked at when the action ends. */
const HANDLERS: Readonly<Record<Phase, Handler>> = {
  Preflight: restart,
  Refused: restart,
  Preparing: midRelease,
  Raising: midRelease,
  Probing: midRelease,
  Observing: midRelease,
  Promoting: whilePromoting,
  Retaining: retain,
  Retiring: note,
  Lowering: note,
  Cleaning: note,
  Forgetting: note,
  Done: onceDone,
}

/** The Rollout changed. Version, pause and deletion apply at once; the plan of a release under way stays. */
export function onWanted(state: ReleaseState, { wanted, at }: WantedEvent): ReleaseState {
  if (isOutdated(wanted, state.wanted)) return state
  return HANDLERS[state.phase]({ ...state, wanted: completed(wanted, state.wanted) }, at)
}

/** Another controller, behind the last, has not seen the newest spec yet. */
function isOutdated(wanted: Wanted, known: Wanted): boolean {
  return wanted.uid === known.uid && wanted.plan.generation < known.plan.generation
}

/** While Sluice is updated two versions of it read one spec: what the older knows nothing of stays as the newer told it. */
function completed(wanted: Wanted, known: Wanted): Wanted {
  const isSameSpec = wanted.uid === known.uid && wanted.plan.generation === known.plan.generation
  return isSameSpec ? { ...wanted, plan: { ...known.plan, ...wanted.plan } } : wanted
}

/** Nothing was touched yet: look again, with the new plan. */
function restart(state: ReleaseState, at: number): ReleaseState {
  if (isAnothers(state)) return begin(state, at)
  const { version, templateHash, plan } = state.wanted
  return enter(state, 'Preflight', at, { version, templateHash, plan })
}

function midRelease(state: ReleaseState, at: number): ReleaseState {
  const ending = endingFor(state, state.wanted)
  return ending === undefined ? state : takeBack(state, at, ending)
}

function endingFor(state: ReleaseState, wanted: Wanted): Ending | undefined {
  if (isAnothers(state)) return rolledBack('Deleted', 'the Rollout was deleted and made anew')
  if (wanted.deleting) return rolledBack('Deleted', 'the Rollout is being deleted')
  if (wanted.version === state.stable?.version) {
    return rolledBack('ReturnedToStable', `the version wanted is ${wanted.version} again, which users have`)
  }
  if (isSame(state, wanted)) return undefined
  const what = wanted.version === state.version ? `a new pod template of ${wanted.version}` : wanted.version
  return {
    result: 'Superseded',
    reason: 'Superseded',
    message: `${what} is wanted instead`,
    failed: false,
  }
}

/** A promotion is completed whatever version comes next; only deletion and the way to stable take it back. */
function whilePromoting(state: ReleaseState, at: number): ReleaseState {
  const { wanted, stable, direct } = state
  const isOver = wanted.deleting || isAnothers(state)
  if (direct !== undefined) return isOver ? enter(state, 'Forgetting', at) : whileReturning(state, at)
  return isOver || wanted.version === stable?.version ? midRelease(state, at) : state
}

/** One version has all traffic, before and after: that the way back is not wanted any more needs no rollback. */
function whileReturning(state: ReleaseState, at: number): ReleaseState {
  const isTakenBack = state.direct === 'Returned' && state.wanted.version === state.stable?.version
  return isTakenBack ? goBack(state, at) : state
}

function onceDone(state: ReleaseState, at: number): ReleaseState {
  const users = state.ended?.result === 'Promoted' || state.direct ? state.canary : state.stable
  // Without sides there was no release: users have the version that was wanted.
  return afterwards(state, at, users?.version ?? state.version)
}

function rolledBack(reason: string, message: string): Ending {
  return { result: 'RolledBack', reason, message, failed: false }
}
