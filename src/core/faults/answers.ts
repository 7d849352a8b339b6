import type { Looks } from '../analysis/evidence.ts'
import { limitMsOf } from '../analysis/measures.ts'
import type { Measure } from '../analysis/measures.ts'
import type { StrandLook } from '../analysis/strands.ts'
import type { PlannedFault } from './planned.ts'

/** What a prober saw of one request. */
export interface ProberAnswer {
  /** Milliseconds since the epoch. */
  readonly sentAt: number
  /** Absent: no answer came in time, or none at all. */
  readonly status?: number
  /** Time until the answer was complete, or was given up (milliseconds). */
  readonly ms: number
  /** How its body begins. */
  readonly text?: string
  /** Why there was no answer. */
  readonly problem?: string
}

/** What a proxy answers with when it injects an abort. */
const ABORTED = 'fault filter abort'
/** Bursts can't be told in so few requests. */
const ASSUMED_PHI = 1.5
const SERVER_ERROR = 500

/**
 * Did a request meet the fault, as far as its answer tells? An abort has the text of the proxy; a delay is told only where
 * no answer was that slow without the fault. Behind another service that hides both, only proxies can tell.
 * @param slowestMs of the answers before the fault
 */
export function isInjected(
  { status, ms, text = '' }: ProberAnswer,
  { abort, delay }: Pick<PlannedFault, 'abort' | 'delay'>,
  slowestMs: number,
): boolean {
  if (abort !== undefined && text.startsWith(ABORTED))
    return abort.httpStatus === undefined || abort.httpStatus === status
  return delay !== undefined && status !== undefined && slowestMs < delay.delayMs && ms >= delay.delayMs
}

/** The answers as counts of bad and all requests, for each measure that they can tell of. */
export function looksOf(answers: readonly ProberAnswer[], measures: readonly Measure[]): Looks {
  if (answers.length === 0) return {}
  return Object.fromEntries(
    measures.map((measure) => [measure.name, { strands: [strandOf(answers, measure)] }]),
  )
}

function strandOf(answers: readonly ProberAnswer[], measure: Measure): StrandLook {
  const limitMs = limitMsOf(measure)
  const isBad = ({ status, ms }: ProberAnswer) =>
    status === undefined || (limitMs === undefined ? status >= SERVER_ERROR : ms > limitMs)
  const bad = { canary: answers.filter(isBad).length, stable: 0 }
  const limit = limitMs === undefined ? {} : { at: limitMs, isLimit: true as const }
  return {
    reporter: 'Source',
    total: { canary: answers.length, stable: 0 },
    cuts: [{ ...limit, bad, phi: ASSUMED_PHI }],
  }
}
