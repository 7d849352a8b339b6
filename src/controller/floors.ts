import { keyOf, refOf } from '../api/names.ts'
import { durationMs } from '../api/quantities.ts'
import { parseSpec } from '../api/v1alpha1/rollout.ts'
import type { RawRollout } from '../api/v1alpha1/rollout.ts'
import { giveBackFloor, holdEndsAt } from '../core/policy/floors.ts'
import type { Idle } from '../core/policy/floors.ts'
import { hasUnfinished } from './marks.ts'
import type { Clock, Mesh, RolloutStore, Scaling } from '../ports.ts'

/** Longest time for which stable's floor stays after a rollback: as long as autoscalers remember by default. */
const LONGEST_MS = durationMs('5m')

interface FloorPorts {
  readonly scaling: Scaling
  readonly mesh: Mesh
  readonly store: RolloutStore
  readonly clock: Clock
}

/**
 * Gives back the floors that a Rollout holds and no release of it will give back: the release was rolled back, its
 * workflow is lost, or the Rollout is gone. Tells in how many milliseconds there may be more to do.
 */
export async function giveBackFloors(
  { scaling, mesh, store, clock }: FloorPorts,
  key: string,
): Promise<number | undefined> {
  const rollout = store.get(refOf(key))
  const waits: number[] = []
  for (const autoscaler of scaling.autoscalers(refOf(key).namespace)) {
    const { hold } = autoscaler
    if (hold?.rollout !== key) continue
    const endsAt = holdEndsAt(hold, rollout && idleOf(rollout, mesh))
    if (endsAt === undefined) continue
    if (endsAt > clock.now()) waits.push(endsAt - clock.now())
    else await scaling.setFloor(autoscaler, giveBackFloor(hold))
  }
  return waits.length === 0 ? undefined : Math.min(...waits)
}

/** Keys of the Rollouts that hold a floor: some may have gone while nobody watched. */
export function heldKeys(scaling: Scaling): string[] {
  const keys = scaling.autoscalers().flatMap(({ hold }) => hold?.rollout ?? [])
  return keys.filter((key) => /^[^/]+\/[^/]+$/.test(key))
}

function idleOf({ meta, spec, status }: RawRollout, mesh: Mesh): Idle {
  const parsed = parseSpec(spec)
  const keepMs = 'spec' in parsed ? Math.min(LONGEST_MS, durationMs(parsed.spec.retire.after)) : 0
  return { uid: meta.uid, status, keepMs, isMarked: () => hasUnfinished(mesh, keyOf(meta)) }
}
