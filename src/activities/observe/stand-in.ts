import { Context } from '@temporalio/activity'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { CanaryPods } from '../capacity/canary-pods.ts'
import { namespacesOf } from '../context.ts'
import type { Outcome } from '../perform.ts'
import { writeStatus } from '../perform.ts'
import { answerAlarm } from './answers.ts'
import { guard } from './guard.ts'
import { Reporting } from './reporting.ts'
import type { Memory } from './watch.ts'

/** Longest time between two passes of the guard (milliseconds). */
const GUARD_MS = 1000

/**
 * The canary answers for all, since no pod of stable is ready: it gets the pods for that and is guarded, but no look
 * judges it. A canary that fails is better than nobody, and what it does under all the load says nothing of its step.
 */
export async function standIn(ports: Ports, state: ReleaseState, memory: Memory): Promise<Outcome> {
  const context = Context.current()
  const pods = new CanaryPods(ports, state, 100)
  const reporting = new Reporting(ports, state)
  let isTold = false
  for (;;) {
    context.cancellationSignal.throwIfAborted()
    context.heartbeat({ ...memory, watchedAt: ports.clock.now() })
    const alarm = await guard(ports, state)
    if (alarm) return answerAlarm(ports, state, { alarm, gathered: memory })
    await pods.ask()
    isTold ||= await tellArrival(ports, state, reporting)
    await ports.changes.next(namespacesOf(state), GUARD_MS, context.cancellationSignal)
  }
}

/** Once the proxies have the weight, the status says so. */
async function tellArrival(ports: Ports, state: ReleaseState, reporting: Reporting): Promise<boolean> {
  const observed = await reporting.observeWeight()
  if (!reporting.hasArrived()) return false
  await writeStatus(ports, state, observed === undefined ? {} : { observed })
  return true
}
