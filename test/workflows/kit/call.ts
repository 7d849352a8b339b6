import type { ResultEvent } from '../../../src/core/machine/event.ts'
import type { ReleaseState } from '../../../src/core/machine/state.ts'

export const ACTING = ['preflight', 'raise', 'promote', 'lower', 'forget'] as const
export const OBSERVING = ['prepare', 'probe', 'observe', 'retire', 'clean'] as const
export type ActionName = (typeof ACTING)[number] | (typeof OBSERVING)[number]

/** An attempt of an activity. */
export interface Call {
  readonly action: ActionName
  readonly state: ReleaseState
  readonly attempt: number
  readonly runId: string
  /** What the attempt before this one left. */
  readonly remembered: unknown
  readonly heartbeat: (details?: unknown) => void
  /** Aborts when the activity is cancelled, its worker shuts down, or the test is over. */
  readonly signal: AbortSignal
  /** Aborts when the test is over. */
  readonly over: AbortSignal
}

type WithoutStamp<E> = E extends ResultEvent ? Omit<E, 'seq' | 'at'> : never
/** An event that an activity ends in; sequence and time are put in by who gives it. */
export type Result = WithoutStamp<ResultEvent>
export type Answer = (call: Call) => Result | Promise<Result>
