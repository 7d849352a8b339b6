import { keyOf } from '../../api/names.ts'
import type { ReleaseState } from '../machine/state.ts'
import type { PlannedFault } from './planned.ts'
import { probeRecord } from './probe-record.ts'
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
  return probeRecord(fault, {
    owner: keyOf(rollout),
    release: { uid: rollout.uid, id, seq },
    reason: `fault probe of ${version} at ${plan.steps[step]?.weight ?? 0} %`,
    host: hostOf(fault, state),
    meets,
    at: now,
  })
}
