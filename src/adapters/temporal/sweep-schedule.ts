import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client'
import type { Client, ScheduleDescription, ScheduleHandle, ScheduleOptions } from '@temporalio/client'
import { ACTING_QUEUE, SWEEP_WORKFLOW, sweepId } from '../../api/names.ts'
import { readableError } from './errors.ts'

/** Deadline of all requests together (milliseconds). */
const DEADLINE_MS = 15_000
/** Sweeps that were missed for longer are not made up for: the next one sees all of it. */
const CATCH_UP = '1m'

/**
 * Sees to it that the mesh of a cluster is swept at an interval (milliseconds), and once now; 0 ends it. Any number of
 * processes may say so, one after the other or at once. Throws an Error that says what keeps Temporal from it.
 */
export async function scheduleSweep(client: Client, cluster: string, intervalMs: number): Promise<void> {
  const arrange = async () =>
    intervalMs === 0 ? end(client, sweepId(cluster)) : begin(client, sweepId(cluster), intervalMs)
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, arrange)
  } catch (error) {
    throw readableError(error, client.options.namespace)
  }
}

async function begin(client: Client, scheduleId: string, intervalMs: number): Promise<void> {
  const options = optionsOf(scheduleId, intervalMs)
  try {
    await client.schedule.create(options)
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    await renew(client.schedule.getHandle(scheduleId), options, intervalMs)
  }
  await sweepNow(client.schedule.getHandle(scheduleId))
}

/** What another process made, perhaps with another interval. Whether a person paused it stays as it is. */
async function renew(handle: ScheduleHandle, options: SweepSchedule, intervalMs: number): Promise<void> {
  if (intervalOf(await handle.describe()) === intervalMs) return
  await handle.update(({ state }) => ({ ...options, state: { paused: state.paused } }))
}

/**
 * Of those who ask at about the same time, one sweeps. `triggerImmediately` would do the first: but it lets sweeps overlap,
 * and what such a one returns is handed to no other.
 */
async function sweepNow(handle: ScheduleHandle): Promise<void> {
  const { state } = await handle.describe()
  if (!state.paused) await handle.trigger(ScheduleOverlapPolicy.SKIP)
}

async function end(client: Client, scheduleId: string): Promise<void> {
  try {
    await client.schedule.getHandle(scheduleId).delete()
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error
  }
}

type SweepSchedule = ScheduleOptions & { readonly action: { readonly type: 'startWorkflow' } }

function optionsOf(scheduleId: string, intervalMs: number): SweepSchedule {
  return {
    scheduleId,
    spec: { intervals: [{ every: intervalMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: SWEEP_WORKFLOW,
      workflowId: scheduleId,
      taskQueue: ACTING_QUEUE,
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
  }
}

function intervalOf({ spec }: ScheduleDescription): number | undefined {
  return spec.intervals?.[0]?.every
}
