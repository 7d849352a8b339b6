import { pino } from 'pino'
import type { Logger } from 'pino'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Structured logs on standard output: a constant message, and fields. */
export function createLogger(level: LogLevel): Logger {
  // Temporal's SDK logs what failed as `error`, we as `err`.
  const serializers = { error: pino.stdSerializers.err }
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers })
}
