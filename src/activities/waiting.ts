import { Context } from '@temporalio/activity'
import type { ReleaseState } from '../core/machine/state.ts'
import type { Ports } from '../ports.ts'
import { namespacesOf } from './context.ts'

/** Longest time between two looks while something is awaited that no watch tells, such as a proxy. */
const POLL_MS = 250
/** Longest time between two heartbeats. */
const HEARTBEAT_MS = 2000

/**
 * Waits in a long activity until `look` gives something, asked again at every change in the release's namespaces and
 * every quarter of a second. Heartbeats meanwhile. Throws when the activity is cancelled.
 */
export async function waitUntil<T>(
  ports: Ports,
  state: ReleaseState,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const context = Context.current()
  let beat = 0
  for (;;) {
    context.cancellationSignal.throwIfAborted()
    if (ports.clock.now() - beat >= HEARTBEAT_MS) {
      context.heartbeat()
      beat = ports.clock.now()
    }
    const found = await look()
    if (found !== undefined) return found
    await ports.changes.next(namespacesOf(state), POLL_MS, context.cancellationSignal)
  }
}
