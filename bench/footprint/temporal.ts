import { temporalClient } from '../../src/adapters/temporal/connection.ts'
import { countBy } from '../statistics.ts'

/** What a release left in Temporal. */
export interface TemporalFootprint {
  /** Workflow runs, continued ones included. */
  readonly runs: number
  readonly events: number
  /** Activities that were scheduled, by type. */
  readonly activities: ReadonlyMap<string, number>
  readonly workflowTasks: number
}

/**
 * Reads the histories of all runs of a workflow that began after a moment.
 * @param address host:port of Temporal
 * @param sinceMs milliseconds since the epoch
 */
export async function temporalFootprint(
  address: string,
  workflowId: string,
  sinceMs: number,
): Promise<TemporalFootprint> {
  const client = temporalClient({ address, namespace: 'default' })
  try {
    const histories: HistoryEvents[] = []
    for await (const run of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
      if (run.startTime.getTime() < sinceMs) continue
      const { events } = await client.workflow.getHandle(workflowId, run.runId).fetchHistory()
      histories.push(events ?? [])
    }
    return summed(histories)
  } finally {
    await client.connection.close()
  }
}

type HistoryEvents = readonly {
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityType?: { readonly name?: string | null } | null
  } | null
  readonly workflowTaskScheduledEventAttributes?: object | null
}[]

function summed(histories: readonly HistoryEvents[]): TemporalFootprint {
  const events = histories.flat()
  const activities = events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled ? [scheduled.activityType?.name ?? 'unknown'] : [],
  )
  return {
    runs: histories.length,
    events: events.length,
    activities: countBy(activities, (name) => name),
    workflowTasks: events.filter((event) => event.workflowTaskScheduledEventAttributes).length,
  }
}
