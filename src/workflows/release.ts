import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  log,
  rootCause,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow'
import type { ReleaseEvent, ResultEvent } from '../core/machine/event.ts'
import type { EndingReason } from '../api/v1alpha1/conditions.ts'
import { canBeTakenBack } from '../core/machine/moves.ts'
import { initialState } from '../core/machine/state.ts'
import type { ReleaseState, Wanted } from '../core/machine/state.ts'
import { pauseOf } from '../core/machine/timers.ts'
import { transition } from '../core/machine/transition.ts'
import { actions } from './actions.ts'
import { stateQuery, wantedSignal } from './messages.ts'

/** Time until an action that failed for good is begun anew. */
const BEGIN_ANEW_AFTER = '5s'

/** What a release begins or goes on with. */
export interface ReleaseInput {
  readonly rollout: ReleaseState['rollout']
  readonly wanted: Wanted
  /** Absent at the beginning; present after continue-as-new. */
  readonly state?: ReleaseState
}

/** What waits to be heard: events, and the wish that the workflow be cancelled. */
type Inbox = (ReleaseEvent | 'Cancel')[]

/**
 * Drives the release machine: does the action of the state, feeds its event back, and lets whatever happens meanwhile
 * in at once. One action at a time; an action that is overtaken is cancelled and its result ignored. Who cancels the
 * workflow takes the release back: a canary with weight is never left alone.
 */
export async function release(input: ReleaseInput): Promise<void> {
  let state = input.state ?? initialState(input.rollout, input.wanted, Date.now())
  const inbox: Inbox = []
  const { startedAt } = state
  const isIdle = () => inbox.length === 0 && (state.phase === 'Done' || mayBeCutOff(state))
  setHandler(wantedSignal, (wanted) => void inbox.push({ type: 'Wanted', at: Date.now(), wanted }))
  setHandler(stateQuery, () => state)
  CancellationScope.current().cancelRequested.catch(() => void inbox.push('Cancel'))

  await CancellationScope.nonCancellable(async () => {
    while (state.phase !== 'Done' || inbox.length > 0) {
      const scope = begin(state, inbox)
      const { seq } = state
      while (state.seq === seq && !isIdle()) {
        await condition(() => inbox.length > 0 || isIdle())
        state = hear(state, inbox.shift())
      }
      scope.cancel()
      if (inbox.length === 0 && isTimeToContinue(state, startedAt)) await goOn(state)
    }
  })
}

function hear(state: ReleaseState, next: Inbox[number] | undefined): ReleaseState {
  const event = next === 'Cancel' ? cancelled(state) : next
  return event ? transition(state, event) : state
}

/** A release that touched nothing yet goes on, as does one that is nearly over: both leave no canary behind. */
function cancelled(state: ReleaseState): ResultEvent | undefined {
  return canBeTakenBack(state) ? failed(state, 'Cancelled', 'somebody cancelled its workflow') : undefined
}

function failed(state: ReleaseState, reason: EndingReason, message: string): ResultEvent {
  return { type: 'Failed', seq: state.seq, at: Date.now(), reason, message }
}

/** Starts the action of the state; its event comes through the inbox. */
function begin(state: ReleaseState, inbox: Inbox): CancellationScope {
  const scope = new CancellationScope()
  void scope.run(async () => {
    try {
      const event = await act(state)
      if (event) inbox.push(event)
    } catch (error) {
      // A cancelled action was overtaken: the state has moved on without it.
      if (!isCancellation(error)) throw error
    }
  })
  return scope
}

async function act(state: ReleaseState): Promise<ResultEvent | undefined> {
  const pause = pauseOf(state, Date.now())
  if (pause !== undefined) {
    await sleep(pause)
    return { type: 'Elapsed', seq: state.seq, at: Date.now() }
  }
  return perform(state)
}

/** Actions are tried without end. One that is not, by a mistake of ours, ends the release, or is begun anew. */
async function perform(state: ReleaseState): Promise<ResultEvent | undefined> {
  for (;;) {
    try {
      return await actions[state.phase]?.(state)
    } catch (error) {
      if (isCancellation(error)) throw error
      log.error('an action failed for good', { phase: state.phase, seq: state.seq, error })
      if (canBeTakenBack(state)) return failed(state, 'ActionFailed', reasonOf(error))
      await sleep(BEGIN_ANEW_AFTER)
    }
  }
}

function reasonOf(error: unknown): string {
  return rootCause(error) ?? 'for a reason that is not known'
}

const WATCHING: ReadonlySet<ReleaseState['phase']> = new Set(['Probing', 'Observing'])

/** A history grows by what is heard, too. What is under way is begun anew in a new execution, and loses nothing. */
function mayBeCutOff({ phase }: ReleaseState): boolean {
  // But an observer would lose what it has seen since it began; it ends by itself now and then.
  return !WATCHING.has(phase) && workflowInfo().continueAsNewSuggested
}

/** A new release is a new execution; a long one is carried on before its history grows large. */
function isTimeToContinue(state: ReleaseState, startedAt: number): boolean {
  if (state.phase === 'Done') return false
  const isAnother = state.phase === 'Preflight' && state.startedAt !== startedAt
  return isAnother || workflowInfo().continueAsNewSuggested
}

async function goOn(state: ReleaseState): Promise<never> {
  return continueAsNew<typeof release>({ rollout: state.rollout, wanted: state.wanted, state })
}
