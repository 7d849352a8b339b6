import { keyOf } from '../../api/names.ts'
import { isoTime } from '../machine/moves.ts'
import type { ReleaseState } from '../machine/state.ts'
import type { PlannedFault } from './planned.ts'
import { faultId } from './record.ts'
import type { FaultRecord, Meets } from './record.ts'
import { hostOf } from './whose.ts'

/**
 * The record of a fault probe of a release.
 * @param now milliseconds since the epoch
 */
export function recordOf(
  state: ReleaseState,
  fault: PlannedFault,
  { meets, now }: { readonly meets: Meets; readonly now: number },
): FaultRecord {
  const { rollout, id, seq, version, plan, step } = state
  const { name, abort, delay, durationMs } = fault
  const owner = keyOf(rollout)
  return {
    id: faultId(owner, name),
    name,
    owner,
    release: { uid: rollout.uid, id, seq },
    reason: `fault probe of ${version} at ${plan.steps[step]?.weight ?? 0} %`,
    host: hostOf(fault, state),
    injectedAt: isoTime(now),
    expiresAt: isoTime(now + durationMs),
    meets,
    ...(abort && { abort }),
    ...(delay && { delay }),
  }
}
