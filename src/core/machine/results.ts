import { restartStep } from '../analysis/evidence.ts'
import { dueFault, withResult } from '../faults/progress.ts'
import type { Evidence } from '../analysis/evidence.ts'
import { afterwards, begin, ended, enter, isAnothers, isSame, retain, takeBack } from './moves.ts'
import { onWanted } from './wanted.ts'
import type { ResultEvent } from './event.ts'
import type { Ending, ReleaseState } from './state.ts'

/** How often a canary may lose all of its ready pods before it counts as broken. */
const LOSSES_ALLOWED = 1

type Of<T extends ResultEvent['type']> = Extract<ResultEvent, { type: T }>
type Handlers = { readonly [T in ResultEvent['type']]: (state: ReleaseState, event: Of<T>) => ReleaseState }

/** What follows on each result. */
const HANDLERS: Handlers = {
  Cleared: cleared,
  Unneeded: (state, { at, floor }) => afterwards(above(state, floor), at, state.wanted.version),
  Refused: refused,
  Leftover: leftover,
  Elapsed: (state, { at }) => elapsed(state, at),
  Prepared: (state, { at }) => prepared(state, at),
  DeadlineExceeded: (state, { at, message }) =>
    takeBack(state, at, failure('ProgressDeadlineExceeded', message)),
  Raised: raised,
  Overtaken: (state, { at, message }) => takeBack(state, at, failure('Halted', message)),
  Passed: passed,
  Renewed: renewed,
  Probed: probed,
  ProbeDue: (state, { at, evidence, countedTo }) =>
    enter(state, 'Probing', at, { evidence, countFrom: countedTo }),
  Failed: (state, { at, reason, message }) => takeBack(state, at, failure(reason, message)),
  Drifted: (state, { at, evidence, contest }) =>
    enter(state, 'Raising', at, { evidence, driftedAt: at, ...(contest && { contest }) }),
  CanaryLost: canaryLost,
  StableLost: (state, { at, evidence }) =>
    enter(state, 'Raising', at, { stableLost: true, ...(evidence && { evidence }) }),
  StableBack: stableBack,
  TemplateChanged: templateChanged,
  Promoted: (state, { at }) => promoted(state, at),
  Retired: (state, { at }) => afterwards(state, at, state.canary?.version ?? ''),
  Lowered: (state, { at }) => lowered(state, at),
  Cleaned: (state, { at }) => afterwards(state, at, state.stable?.version ?? ''),
  Forgotten: (state, { at }) => (isAnothers(state) ? begin(state, at) : enter(state, 'Done', at)),
}

/** An action ended. Only called with a result of the state's own action. */
export function onResult(state: ReleaseState, event: ResultEvent): ReleaseState {
  const handle = HANDLERS[event.type] as (state: ReleaseState, event: ResultEvent) => ReleaseState
  return handle(state, event)
}

function cleared(state: ReleaseState, event: Of<'Cleared'>): ReleaseState {
  const risen = above(state, event.floor)
  if (state.wanted.deleting) return enter(risen, 'Forgetting', event.at)
  const { lastFailed, stable } = event
  // A workflow that was lost after the failure would begin it again.
  if (lastFailed !== undefined && isSame(lastFailed, state))
    return enter(risen, 'Done', event.at, { stable, ending: failure(lastFailed.reason, lastFailed.message) })
  // Nothing was touched yet; the controller asks again when the pause is over.
  if (state.wanted.paused) return enter(risen, 'Done', event.at, { stable })
  return enter(risen, 'Preparing', event.at, {
    id: `${state.version}-${state.templateHash}-${risen.seq}`,
    stablePods: event.stablePods,
    stable: event.stable,
    canary: event.canary,
    ...(event.selector && { selector: event.selector }),
    findings: [],
    refusals: 0,
    ...(event.adopt && { direct: 'Adopted' as const }),
  })
}

/** A Rollout that goes has nothing to wait for. */
function refused(state: ReleaseState, { at, findings, floor }: Of<'Refused'>): ReleaseState {
  const risen = above(state, floor)
  if (state.wanted.deleting) return enter(risen, 'Forgetting', at)
  return enter(risen, 'Refused', at, { findings, refusals: state.refusals + 1 })
}

function leftover(state: ReleaseState, event: Of<'Leftover'>): ReleaseState {
  const ending: Ending = {
    result: 'Superseded',
    reason: 'WorkflowLost',
    message: `the release of ${event.canary.version} had lost its workflow`,
    failed: false,
  }
  const { stable, canary, promoted: id } = event
  const risen = above(state, event.floor)
  if (id !== undefined) return retain({ ...risen, id, stable, canary, version: canary.version }, event.at)
  return enter(risen, 'Lowering', event.at, { stable, canary, version: canary.version, ending })
}

/** Sequences go on above all that stand in the cluster. */
function above(state: ReleaseState, floor: number): ReleaseState {
  return floor > state.seq ? { ...state, seq: floor } : state
}

function elapsed(state: ReleaseState, at: number): ReleaseState {
  if (state.phase === 'Refused') return enter(state, 'Preflight', at)
  return state.phase === 'Retaining' ? enter(state, 'Retiring', at) : state
}

function prepared(state: ReleaseState, at: number): ReleaseState {
  if (state.direct !== undefined) return enter(state, 'Promoting', at)
  return enter(state, 'Raising', at, { step: Math.max(0, state.step) })
}

/** A step begins with its first raise, and with its fault probes; a weight put back after drift goes on where it was. */
function raised(state: ReleaseState, { at, seq }: Of<'Raised'>): ReleaseState {
  const stepStartedAt = state.stepStartedAt ?? at
  const countFrom = Math.max(at, stepStartedAt + state.plan.warmupMs)
  const changes = { weightSeq: seq, stepStartedAt, countFrom }
  return enter(state, mayProbe(state) ? 'Probing' : 'Observing', at, changes)
}

/** A canary that answers in place of all is not put to the test. */
function mayProbe(state: ReleaseState): boolean {
  return state.stableLost !== true && dueFault(state) !== undefined
}

/** A required probe that said nothing is tried again later; the step waits for it meanwhile, observed. */
function probed(state: ReleaseState, { at, result, countedTo }: Of<'Probed'>): ReleaseState {
  const isRequired = dueFault(state)?.required === true
  const countFrom = Math.max(at, countedTo)
  const next = { ...state, probes: { ...withResult(state, result), endedAt: countFrom } }
  if (isRequired && result.verdict === 'Fail')
    return takeBack(next, at, failure('ProbeFailed', result.message))
  const isAwaited = isRequired && result.verdict === 'Inconclusive'
  const phase = !isAwaited && mayProbe(next) ? 'Probing' : 'Observing'
  return enter(next, phase, at, { countFrom })
}

function passed(state: ReleaseState, event: Of<'Passed'>): ReleaseState {
  const { evidence, at } = event
  if (state.wanted.paused) return renewed(state, event)
  const { stepStartedAt: _started, countFrom: _from, ...rest } = state
  const step = state.step + 1
  if (step >= state.plan.steps.length) return enter(rest, 'Promoting', at, { evidence })
  return enter(rest, 'Raising', at, { evidence, step })
}

function renewed(state: ReleaseState, event: Of<'Passed' | 'Renewed'>): ReleaseState {
  return enter(state, 'Observing', event.at, { evidence: event.evidence, countFrom: event.countedTo })
}

function promoted(state: ReleaseState, at: number): ReleaseState {
  const result = state.direct ?? 'Promoted'
  const reason = `${state.version} has all traffic`
  const { ending: _ending, ...rest } = state
  return retain({ ...rest, ended: ended(state, at, { result, reason, from: state.stable }) }, at)
}

function lowered(state: ReleaseState, at: number): ReleaseState {
  const { ending } = state
  if (ending === undefined) return enter(state, 'Cleaning', at)
  const outcome = { result: ending.result, reason: `${ending.reason}: ${ending.message}`, from: state.stable }
  return enter(state, 'Cleaning', at, { ended: ended(state, at, outcome) })
}

/** Losing all pods once may be a node's fault: wait for them at weight 0 and begin the step anew. */
function canaryLost(state: ReleaseState, event: Of<'CanaryLost'>): ReleaseState {
  if (state.losses >= LOSSES_ALLOWED) return takeBack(state, event.at, failure('CanaryLost', event.message))
  const { stepStartedAt: _started, countFrom: _from, stableLost: _lost, ...rest } = state
  const kept = stepAnew(state, event.evidence)
  const next = enter(rest, 'Preparing', event.at, { losses: state.losses + 1, ...kept })
  // While promoting, another version was only noted.
  return state.phase === 'Promoting'
    ? onWanted(next, { type: 'Wanted', wanted: next.wanted, at: event.at })
    : next
}

/** What the canary answered in place of all says nothing of its step, which begins anew. */
function stableBack(state: ReleaseState, { at }: Of<'StableBack'>): ReleaseState {
  const { stepStartedAt: _started, countFrom: _from, stableLost: _lost, ...rest } = state
  return enter(rest, 'Raising', at, stepAnew(state))
}

/** What spoke for the canary at this step it has to show again; what spoke against it stays. */
function stepAnew(
  { evidence: known, probes }: ReleaseState,
  evidence: Evidence | undefined = known,
): Pick<ReleaseState, 'evidence' | 'probes'> {
  return {
    ...(evidence && { evidence: restartStep(evidence) }),
    ...(probes && { probes: { ...probes, done: 0, tries: 0 } }),
  }
}

function templateChanged(state: ReleaseState, event: Of<'TemplateChanged'>): ReleaseState {
  const { wanted } = state
  const same = wanted.version === state.version
  const next = same ? { ...state, wanted: { ...wanted, templateHash: event.templateHash } } : state
  return takeBack(next, event.at, {
    result: 'Superseded',
    reason: 'Superseded',
    message: `a new pod template of ${state.version} is wanted instead`,
    failed: false,
  })
}

function failure(reason: string, message: string): Ending {
  return { result: 'RolledBack', reason, message, failed: true }
}
