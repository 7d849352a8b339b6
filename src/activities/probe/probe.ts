import { CancelledFailure, Context } from '@temporalio/activity'
import { dueFault } from '../../core/faults/progress.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { namespacesOf } from '../context.ts'
import { clearReleaseFaults } from '../faults/release-faults.ts'
import type { Outcome } from '../perform.ts'
import { ProbeWatch } from './watch.ts'

/**
 * The action that puts the canary to the test: watches it without the fault, injects the fault, watches it under it, takes
 * the fault out and watches until the canary has recovered. The canary is guarded meanwhile. Goes on from the last
 * heartbeat after a crash; a fault that stands then goes on, and no longer than it was to.
 */
export async function probe(ports: Ports, state: ReleaseState): Promise<Outcome> {
  const fault = dueFault(state)
  // A plan never changes under way; only a state that nobody wrote would come here.
  if (fault === undefined) throw new Error('no fault probe is due')
  const context = Context.current()
  const { heartbeatDetails: recalled, attempt } = context.info
  const watch = new ProbeWatch(ports, state, { fault, recalled })
  await watch.begin(attempt === 1)
  try {
    for (;;) {
      if (context.cancellationSignal.aborted) return await cancelled(ports, state, context)
      context.heartbeat(watch.memory)
      const outcome = (await watch.guard()) ?? (await watch.pass())
      if (outcome) return outcome
      await ports.changes.next(watched(state, watch), watch.pauseMs(), context.cancellationSignal)
    }
  } finally {
    watch.close()
  }
}

function watched(state: ReleaseState, { memory }: ProbeWatch): string[] {
  const { injected } = memory
  return [...new Set([...namespacesOf(state), ...(injected ? [injected.ref.namespace] : [])])]
}

/** Whoever ends the probe takes the fault out again, too: this is only sooner. */
async function cancelled(
  ports: Ports,
  state: ReleaseState,
  { cancellationSignal: { reason }, log }: Context,
): Promise<never> {
  await clearReleaseFaults(ports, state).catch((error: unknown) =>
    log.warn('a fault could not be taken out', { error }),
  )
  throw new CancelledFailure(reason instanceof Error ? reason.message : String(reason))
}
