import { InvalidArgumentError } from '@commander-js/extra-typings'
import { durationMs, durationText } from '../../api/quantities.ts'
import { GRPC_STATUSES } from '../../api/v1alpha1/faults.ts'
import type { AbortFault, FaultRecord } from '../../core/faults/record.ts'

/** The longest that a probe by hand may stand (milliseconds): whoever needs longer wants something else. */
const MOST_MS = 10 * 60_000
const LEAST_MS = 1_000
/** The longest delay (milliseconds): callers have given up long before. */
const MOST_DELAY_MS = 60_000

/** What the callers get instead of an answer. */
export type Answer = Omit<AbortFault, 'percent'>

/** Readers of options throw an InvalidArgumentError, which the command line puts behind the option's name. */
export function parseAnswer(text: string): Answer {
  if (/^[45]\d\d$/.test(text)) return { httpStatus: Number(text) }
  const grpcStatus = GRPC_STATUSES.find((status) => status === text.toUpperCase())
  if (grpcStatus !== undefined) return { grpcStatus }
  throw new InvalidArgumentError(
    'It must be the HTTP status of an error, from 400 to 599, or a gRPC status such as UNAVAILABLE.',
  )
}

/** How long the fault stands (milliseconds). */
export function parseStanding(text: string): number {
  return within(text, LEAST_MS, MOST_MS)
}

/** How much later the callers get their answers (milliseconds). */
export function parseDelay(text: string): number {
  return within(text, 1, MOST_DELAY_MS)
}

export function parsePercent(text: string): number {
  const percent = /^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : 0
  if (percent < 1 || percent > 100) throw new InvalidArgumentError('It must be a whole number from 1 to 100.')
  return percent
}

function within(text: string, least: number, most: number): number {
  const ms = durationOf(text)
  if (ms >= least && ms <= most) return ms
  throw new InvalidArgumentError(`It must be from ${durationText(least)} to ${durationText(most)}.`)
}

function durationOf(text: string): number {
  try {
    return durationMs(text)
  } catch {
    throw new InvalidArgumentError('It must be a duration like 30s or 1m30s.')
  }
}

export interface WhatOptions {
  readonly abort?: Answer | undefined
  /** Milliseconds. */
  readonly delay?: number | undefined
  readonly percent: number
}

/** What the callers meet. Throws where nothing was asked for. */
export function whatOf({ abort, delay, percent }: WhatOptions): Pick<FaultRecord, 'abort' | 'delay'> {
  if (abort === undefined && delay === undefined)
    throw new Error('say what its callers meet: --abort 503, --abort UNAVAILABLE, --delay 2s, or both')
  return {
    ...(abort !== undefined && { abort: { percent, ...abort } }),
    ...(delay !== undefined && { delay: { percent, delayMs: delay } }),
  }
}
