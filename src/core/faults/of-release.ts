import { keyOf } from '../../api/names.ts'
import type { ReleaseState } from '../machine/state.ts'
import type { PlannedFault } from './planned.ts'
import { probeRecord } from './probe-record.ts'
import type { FaultRecord } from './record.ts'

/**
 * The record of a fault probe of a release.
 * @param labels by which the canary's pods are known
 * @param now milliseconds since the epoch
 */
export function recordOf(
  { rollout, id, seq, version, plan, step }: ReleaseState,
  fault: PlannedFault,
  { labels, now }: { readonly labels: Readonly<Record<string, string>>; readonly now: number },
): FaultRecord {
  return probeRecord(fault, {
    owner: keyOf(rollout),
    release: { uid: rollout.uid, id, seq },
    reason: `fault probe of ${version} at ${plan.steps[step]?.weight ?? 0} %`,
    callers: { namespace: rollout.namespace, labels },
    at: now,
  })
}
