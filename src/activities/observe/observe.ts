import { Context } from '@temporalio/activity'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { namespacesOf } from '../context.ts'
import type { Outcome } from '../perform.ts'
import { Watch } from './watch.ts'

/**
 * Watches the canary at a step: guards it at every change in the cluster, looks at the metrics at every interval, and
 * ends with the first event that moves the release on. Goes on from the last heartbeat after a crash.
 */
export async function observe(ports: Ports, state: ReleaseState): Promise<Outcome> {
  const context = Context.current()
  const watch = new Watch(ports, state, context.info.heartbeatDetails)
  const before = await watch.begin()
  if (before) return before
  for (;;) {
    context.cancellationSignal.throwIfAborted()
    // At every pass, not only at looks: these may be further apart than the heartbeat time-out. The SDK throttles.
    context.heartbeat(watch.memory)
    const outcome = (await watch.guard()) ?? (await watch.look()) ?? watch.renewal()
    if (outcome) return outcome
    await ports.changes.next(namespacesOf(state), watch.pauseMs(), context.cancellationSignal)
  }
}
