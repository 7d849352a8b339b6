import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker'
import type { LogEntry } from '@temporalio/worker'
import type { Logger } from 'pino'

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const

/** Known to be harmless: the observing worker has no workflows on purpose. */
const EXPECTED = ['No workflows registered', 'No Nexus services registered']

/**
 * Sends the SDK's log through ours, that of its native part as well. What it calls information is detail to an operator.
 * Throws when the SDK runs already: to be called once in a process, before the first connection.
 */
export function logThrough(log: Logger): void {
  const filter = makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' })
  Runtime.install({
    logger: new DefaultLogger('INFO', (entry) => write(log, entry)),
    telemetryOptions: { logging: { filter, forward: {} } },
    // The process ends its workers in its own order.
    shutdownSignals: [],
  })
}

function write(log: Logger, { level, message, meta }: LogEntry): void {
  const known = EXPECTED.some((text) => message.startsWith(text))
  log[known ? 'debug' : LEVELS[level]]({ ...meta }, message)
}
