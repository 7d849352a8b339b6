import { keyOf } from '../api/names.ts'
import { parseSpec } from '../api/v1alpha1/rollout.ts'
import type { RawRollout } from '../api/v1alpha1/rollout.ts'
import type { Seen, WatchedKind, Watches } from '../ports.ts'
import { KeyedQueue } from './queue.ts'
import { Reconciler } from './reconcile.ts'
import type { ControllerPorts } from './reconcile.ts'
import { giveBackFloors, heldKeys } from './floors.ts'
import { markedKeys } from './marks.ts'
import { Neighbours } from './neighbours.ts'

/** Everything is looked at again this often (milliseconds), in case a workflow was lost. */
const RESYNC_MS = 300_000

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
  const queue = new KeyedQueue(async (key) => {
    await reconciler.reconcile(key)
    const againInMs = await giveBackFloors(ports, key)
    if (againInMs !== undefined) queue.add(key, againInMs)
  }, onError)
  watches.subscribe((seen) => {
    if (seen.kind === 'Rollout') queue.add(keyOf(seen.object))
    for (const rollout of seen.kind === 'Rollout' ? neighbours.ofChanged(seen) : concerned(ports, seen)) {
      const key = keyOf(rollout.meta)
      if (isRefused(rollout)) reconciler.renew(key)
      queue.add(key)
    }
  })
  for (const key of [...keysOf(ports), ...markedKeys(ports.mesh), ...heldKeys(ports.scaling)]) queue.add(key)
  const resync = setInterval(() => {
    for (const key of keysOf(ports)) {
      reconciler.renew(key)
      queue.add(key)
    }
  }, RESYNC_MS)
  return {
    stop: async () => {
      clearInterval(resync)
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

/** Rollouts that a change of another object concerns. */
function concerned(ports: ControllerPorts, { kind, object }: Seen): RawRollout[] {
  return ports.store
    .list()
    .filter(({ meta }) => meta.namespace === object.namespace)
    .filter((rollout) => isNamed(rollout, kind, object.name))
}

/** Workloads are found by their labels, so any of the namespace may matter; their templates decide. */
function isNamed(rollout: RawRollout, kind: WatchedKind, name: string): boolean {
  if (kind === 'Workload') return true
  const parsed = parseSpec(rollout.spec)
  if ('problems' in parsed) return false
  const { service, existing } = parsed.spec.traffic
  const names: Record<Exclude<WatchedKind, 'Workload' | 'Rollout'>, string | undefined> = {
    Service: service,
    VirtualService: existing.virtualServices[0]?.name,
    DestinationRule: existing.destinationRule.name,
  }
  return kind !== 'Rollout' && names[kind] === name
}
