import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker'
import type { LogEntry } from '@temporalio/worker'
import type { Logger } from 'pino'

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const

/** Known to be harmless: the observing worker has no workflows on purpose. */
const EXPECTED = ['No workflows registered', 'No Nexus services registered']

/** Time in which one source in the SDK's native part warns once (milliseconds): in an outage each of its polls does. */
const REPEAT_MS = 60_000

/**
 * Sends the SDK's log through ours, that of its native part as well. What it calls information is detail to an operator.
 * Throws when the SDK runs already: to be called once in a process, before the first connection.
 */
export function logThrough(log: Logger): void {
  const filter = makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' })
  Runtime.install({
    logger: new DefaultLogger('INFO', writer(log)),
    telemetryOptions: { logging: { filter, forward: {} } },
    // The process ends its workers in its own order.
    shutdownSignals: [],
  })
}

/** Writes what the SDK logs. */
export function writer(log: Logger): (entry: LogEntry) => void {
  const warnedAt = new Map<unknown, number>()
  const isRepeated = (source: unknown): boolean => {
    const now = Date.now()
    if (now - (warnedAt.get(source) ?? -Infinity) < REPEAT_MS) return true
    warnedAt.set(source, now)
    return false
  }
  return ({ level, message, meta }) => {
    const known = EXPECTED.some((text) => message.startsWith(text))
    const again = level === 'WARN' && meta?.['sdkComponent'] === 'core' && isRepeated(meta['target'])
    log[known || again ? 'debug' : LEVELS[level]]({ ...meta }, message)
  }
}
