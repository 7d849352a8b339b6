import { initialState } from '../../src/core/machine/state.ts'
import type { Phase, ReleaseState, Wanted } from '../../src/core/machine/state.ts'
import { canBeTakenBack } from '../../src/core/machine/moves.ts'
import { transition } from '../../src/core/machine/transition.ts'
import type { ReleaseEvent, ResultEvent } from '../../src/core/machine/event.ts'
import type { ReleaseInput } from '../../src/workflows/release.ts'
import type { History } from './history-file.ts'

/** An event that the release heard in a phase, and the phase that it led to. */
export interface Way {
  readonly event: ReleaseEvent
  readonly from: Phase
  readonly to: Phase
}

/** The way of an execution through the machine, and the state that it leads to. */
export interface Walk {
  readonly ways: readonly Way[]
  readonly end: ReleaseState
}

type HistoryEvent = NonNullable<History['events']>[number]
type Payloads =
  { readonly payloads?: readonly { readonly data?: Uint8Array | null }[] | null } | null | undefined

/** Walks a stored history through the machine of today, as the workflow does. Throws when it is no history of a release. */
export function walk({ events }: History): Walk {
  const [started, ...later] = events ?? []
  let state = beginningOf(started)
  const ways: Way[] = []
  for (const heard of inOrder(later)) {
    const event = eventOf(heard, state)
    const next = event ? transition(state, event) : state
    if (event !== undefined && next !== state) ways.push({ event, from: state.phase, to: next.phase })
    state = next
  }
  return { ways, end: state }
}

/** What an execution went on with in the next one; undefined when it ended. */
export function continuedWith({ events }: History): ReleaseState | undefined {
  const last = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes
  return last ? (firstOf(last.input) as ReleaseInput).state : undefined
}

function beginningOf(started: HistoryEvent | undefined): ReleaseState {
  const input = firstOf(started?.workflowExecutionStartedEventAttributes?.input) as ReleaseInput | undefined
  if (input === undefined) throw new Error('the history does not begin with the input of a release')
  return input.state ?? initialState(input.rollout, input.wanted, 0)
}

/** What came between two tasks of the workflow is heard in one, signals first. */
function inOrder(events: readonly HistoryEvent[]): HistoryEvent[] {
  const ordered: HistoryEvent[] = []
  let waiting: HistoryEvent[] = []
  for (const event of events) {
    waiting.push(event)
    if (!event.workflowTaskStartedEventAttributes) continue
    ordered.push(...waiting.filter(isSignal), ...waiting.filter((one) => !isSignal(one)))
    waiting = []
  }
  return ordered
}

function isSignal(event: HistoryEvent): boolean {
  return Boolean(event.workflowExecutionSignaledEventAttributes)
}

function eventOf(event: HistoryEvent, state: ReleaseState): ReleaseEvent | undefined {
  const { seq } = state
  const signal = event.workflowExecutionSignaledEventAttributes
  if (signal) return { type: 'Wanted', at: 0, wanted: firstOf(signal.input) as Wanted }
  const result = event.activityTaskCompletedEventAttributes?.result
  if (result) return firstOf(result) as ResultEvent
  if (event.timerFiredEventAttributes) return { type: 'Elapsed', seq, at: 0 }
  if (!canBeTakenBack(state)) return undefined
  if (event.activityTaskFailedEventAttributes) return failed(seq, 'ActionFailed')
  return event.workflowExecutionCancelRequestedEventAttributes ? failed(seq, 'Cancelled') : undefined
}

function failed(seq: number, reason: string): ResultEvent {
  return { type: 'Failed', seq, at: 0, reason, message: '' }
}

function firstOf(input: Payloads): unknown {
  const data = input?.payloads?.[0]?.data
  return data ? JSON.parse(new TextDecoder().decode(data)) : undefined
}
