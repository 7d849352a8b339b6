import { keyOf, refOf } from '../api/names.ts'
import type { RawRollout } from '../api/v1alpha1/rollout.ts'
import type { Seen, Watches } from '../ports.ts'
import { KeyedQueue } from './queue.ts'
import { Reconciler } from './reconcile.ts'
import type { ControllerPorts } from './reconcile.ts'
import { giveBackFloors, heldKeys } from './floors.ts'
import { LostReleases } from './lost.ts'
import { markedKeys } from './marks.ts'
import { NamedObjects } from './named-objects.ts'
import { Neighbours } from './neighbours.ts'

/** Everything is looked at again this often (milliseconds), in case something was missed. */
const RESYNC_MS = 300_000
/** Releases in progress are compared with open workflows this often (milliseconds). */
const COMPARE_MS = 15_000

export interface Controller {
  stop(): Promise<void>
}

/**
 * Watches, and keeps Rollouts and their workflows together; begins with all that are there. Any number of controllers
 * may run.
 */
export function startController(
  ports: ControllerPorts,
  watches: Watches,
  onError: (key: string, error: unknown) => void,
): Controller {
  const reconciler = new Reconciler(ports)
  const neighbours = new Neighbours(ports.store)
  const named = new NamedObjects()
  for (const rollout of ports.store.list()) named.note(keyOf(rollout.meta), rollout)
  const queue = new KeyedQueue(async (key) => {
    for (const againInMs of [await reconciler.reconcile(key), await giveBackFloors(ports, key)])
      if (againInMs !== undefined) queue.add(key, againInMs)
  }, onError)
  watches.subscribe((seen) => {
    if (seen.kind === 'Rollout') {
      named.note(keyOf(seen.object), ports.store.get(seen.object))
      queue.add(keyOf(seen.object))
    }
    const others = seen.kind === 'Rollout' ? neighbours.ofChanged(seen) : concerned(ports, named, seen)
    for (const rollout of others) {
      const key = keyOf(rollout.meta)
      if (isRefused(rollout)) reconciler.renew(key)
      queue.add(key)
    }
  })
  for (const key of [...keysOf(ports), ...markedKeys(ports.mesh), ...heldKeys(ports.scaling)]) queue.add(key)
  const lookAgain = (keys: readonly string[]) => {
    for (const key of keys) {
      reconciler.renew(key)
      queue.add(key)
    }
  }
  const lost = new LostReleases(ports)
  const timers = [
    setInterval(() => lookAgain(keysOf(ports)), RESYNC_MS),
    // Who cannot reach the engine is told so by every delivery.
    setInterval(() => void lost.find().then(lookAgain, () => undefined), COMPARE_MS),
  ]
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      await queue.stop()
    },
  }
}

function keysOf({ store }: ControllerPorts): string[] {
  return store.list().map(({ meta }) => keyOf(meta))
}

/** A refused release looks again as soon as one of its objects changes. */
function isRefused({ status }: RawRollout): boolean {
  return status.release?.phase === 'Refused'
}

/** Rollouts that a change of another object concerns. Workloads are found by their labels, so any may matter. */
function concerned({ store }: ControllerPorts, named: NamedObjects, { kind, object }: Seen): RawRollout[] {
  if (kind === 'Workload') return [...store.list(object.namespace)]
  return named.usersOf(kind, object).flatMap((key) => store.get(refOf(key)) ?? [])
}
