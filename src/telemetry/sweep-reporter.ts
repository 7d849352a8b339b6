import type { Logger } from 'pino'
import { keyOf } from '../api/names.ts'
import type { SweepFinding, SweepReporter } from '../core/faults/report.ts'
import type { Metrics } from './metrics.ts'

/** Counts and logs what sweeps do. */
export function createSweepReporter(metrics: Metrics, log: Logger): SweepReporter {
  return {
    found: (finding) => log.warn(fieldsOf(finding), 'something stale was found'),
    removed: (finding) => {
      metrics.sweepRemoved.inc({ what: finding.what })
      log.warn(fieldsOf(finding), 'something stale was removed')
    },
    stayed: (finding, err) => {
      metrics.sweepFailed.inc({ what: finding.what })
      log.warn({ ...fieldsOf(finding), err }, 'something stale could not be removed, the next sweep tries it')
    },
    swept: ({ found, ...summary }) => {
      for (const [what, count] of Object.entries(found)) metrics.sweepFound.set({ what }, count)
      metrics.sweepTimestamp.setToCurrentTime()
      log.info({ ...summary, found }, 'swept')
    },
  }
}

function fieldsOf({ what, object, message }: SweepFinding): Record<string, unknown> {
  return { what, object: `${object.kind} ${keyOf(object.metadata)}`, message }
}
