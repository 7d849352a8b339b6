import { onResult } from './results.ts'
import { onWanted } from './wanted.ts'
import type { ReleaseEvent } from './event.ts'
import type { ReleaseState } from './state.ts'

/**
 * The release machine: what becomes of a release when something happened. Total and pure: every event is accepted in
 * every state. A result of an action that was overtaken (its sequence is not the state's) changes nothing.
 */
export function transition(state: ReleaseState, event: ReleaseEvent): ReleaseState {
  if (event.type === 'Wanted') return onWanted(state, event)
  return event.seq === state.seq ? onResult(state, event) : state
}
