import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker'

let isQuiet = false

/** Temporal's own messages, of which failures on purpose make many, stay out of the report. Once a process. */
export function quiet(): void {
  if (isQuiet) return
  isQuiet = true
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter, forward: {} } },
    // Vitest's own handling of signals stands.
    shutdownSignals: [],
  })
}
