import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow'
import { OBSERVING_QUEUE } from '../api/names.ts'
import type { Action, ActingActivities, ObservingActivities } from '../activities/index.ts'
import type { Phase } from '../core/machine/state.ts'

/**
 * Both kinds are tried without end, since a cluster that does not answer will answer one day. Nothing waits for a
 * cancelled action: its writes are fenced.
 */
const acting = proxyActivities<ActingActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '10s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
})

const lowering = proxyActivities<ActingActivities>({
  startToCloseTimeout: '15s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '2s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
})

const lasting = {
  taskQueue: OBSERVING_QUEUE,
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '10s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
} as const

const waiting = proxyActivities<ObservingActivities>(lasting)

// Observers die with their processes. In a step that lasts days many may, and no pause may grow long for it.
const observing = proxyActivities<ObservingActivities>({
  ...lasting,
  retry: { ...lasting.retry, maximumInterval: '2s' },
})

/** The action of each phase that does something. */
export const actions: Readonly<Partial<Record<Phase, Action>>> = {
  Preflight: acting.preflight,
  Preparing: waiting.prepare,
  Raising: acting.raise,
  Probing: observing.probe,
  Observing: observing.observe,
  Promoting: acting.promote,
  Retiring: waiting.retire,
  Lowering: lowering.lower,
  Cleaning: waiting.clean,
  Forgetting: acting.forget,
}
