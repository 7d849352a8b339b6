import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow'
import type { ReleaseEvent, ResultEvent } from '../core/machine/event.ts'
import { initialState } from '../core/machine/state.ts'
import type { ReleaseState, Wanted } from '../core/machine/state.ts'
import { pauseOf } from '../core/machine/timers.ts'
import { transition } from '../core/machine/transition.ts'
import { actions } from './actions.ts'
import { stateQuery, wantedSignal } from './messages.ts'

/** What a release begins or goes on with. */
export interface ReleaseInput {
  readonly rollout: ReleaseState['rollout']
  readonly wanted: Wanted
  /** Absent at the beginning; present after continue-as-new. */
  readonly state?: ReleaseState
}

/**
 * Drives the release machine: does the action of the state, feeds its event back, and lets whatever happens meanwhile
 * in at once. One action at a time; an action that is overtaken is cancelled and its result ignored.
 */
export async function release(input: ReleaseInput): Promise<void> {
  let state = input.state ?? initialState(input.rollout, input.wanted, Date.now())
  const inbox: ReleaseEvent[] = []
  setHandler(wantedSignal, (wanted) => void inbox.push({ type: 'Wanted', at: Date.now(), wanted }))
  setHandler(stateQuery, () => state)

  while (state.phase !== 'Done' || inbox.length > 0) {
    const scope = begin(state, inbox)
    const { seq } = state
    while (state.seq === seq) {
      await condition(() => inbox.length > 0)
      const event = inbox.shift()
      if (event) state = transition(state, event)
    }
    scope.cancel()
    if (isTimeToContinue(state, inbox)) await goOn(input, state)
  }
}

/** Starts the action of the state; its event comes through the inbox. */
function begin(state: ReleaseState, inbox: ReleaseEvent[]): CancellationScope {
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
  return actions[state.phase]?.(state)
}

/** A new release is a new execution; a long one is carried on before its history grows large. */
function isTimeToContinue(state: ReleaseState, inbox: readonly ReleaseEvent[]): boolean {
  if (inbox.length > 0 || state.phase === 'Done') return false
  const begins = state.phase === 'Preflight' && state.refusals === 0 && workflowInfo().historyLength > 10
  return begins || workflowInfo().continueAsNewSuggested
}

async function goOn(input: ReleaseInput, state: ReleaseState): Promise<never> {
  return continueAsNew<typeof release>({ rollout: input.rollout, wanted: state.wanted, state })
}
