import { CancelledFailure, Context } from '@temporalio/activity'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { namespacesOf } from '../context.ts'
import type { Outcome } from '../perform.ts'
import { standIn } from './stand-in.ts'
import { Watch } from './watch.ts'

/**
 * Makes the action that watches the canary at a step: guards it at every change in the cluster, looks at the metrics at
 * every interval, and ends with the first event that moves the release on. Goes on from the last heartbeat after a crash.
 */
export function observer(): (ports: Ports, state: ReleaseState) => Promise<Outcome> {
  const watchedAt: WatchedAt = new Map()
  return async (ports, state) => observe(ports, state, watchedAt)
}

/**
 * When this process last read the metrics of a Rollout's canary, by uid: while Temporal is away heartbeats are lost, and
 * the next attempt must not take the time since the last one for unwatched.
 */
type WatchedAt = Map<string, number>

async function observe(ports: Ports, state: ReleaseState, watchedAt: WatchedAt): Promise<Outcome> {
  const context = Context.current()
  const { uid } = state.rollout
  const watch = new Watch(ports, state, context.info.heartbeatDetails, watchedAt.get(uid))
  if (state.stableLost) return standIn(ports, state, watch.memory)
  const outcome = (await watch.begin()) ?? (await passes(ports, state, { watch, watchedAt }))
  const { record } = watch.memory
  return record === undefined ? outcome : { ...outcome, event: { ...outcome.event, record } }
}

/** Guards and looks until something moves the release on. What was seen of an action that is cancelled is kept, too. */
async function passes(
  ports: Ports,
  state: ReleaseState,
  { watch, watchedAt }: { readonly watch: Watch; readonly watchedAt: WatchedAt },
): Promise<Outcome> {
  const context = Context.current()
  for (;;) {
    watchedAt.set(state.rollout.uid, watch.memory.watchedAt)
    throwIfCancelled(context, watch)
    // At every pass, not only at looks: these may be further apart than the heartbeat time-out. The SDK throttles.
    context.heartbeat(watch.memory)
    const outcome = (await watch.guard()) ?? (await watch.look()) ?? watch.renewal()
    if (outcome) return outcome
    await ports.changes.next(namespacesOf(state), watch.pauseMs(), context.cancellationSignal)
  }
}

function throwIfCancelled({ cancellationSignal: { aborted, reason } }: Context, { memory }: Watch): void {
  if (!aborted) return
  const message = reason instanceof Error ? reason.message : String(reason)
  throw new CancelledFailure(message, [{ record: memory.record }])
}
