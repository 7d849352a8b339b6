import { proxyActivities, workflowInfo } from '@temporalio/workflow'
import type { SweepActivities } from '../activities/faults/sweep.ts'
import type { WrittenSights } from '../core/faults/sights.ts'

/** What fails is left to the next sweep, which comes soon: no attempt may stand in its way. */
const activities = proxyActivities<SweepActivities>({
  startToCloseTimeout: '5m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 3 },
})

/**
 * One sweep of the mesh, run by a schedule, which hands each what the last one that succeeded returned: when faults of others
 * were seen first, and when people were told.
 */
export async function sweep(): Promise<WrittenSights> {
  return activities.sweep(workflowInfo().lastResult)
}
