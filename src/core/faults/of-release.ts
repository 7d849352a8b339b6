import { keyOf } from '../../api/names.ts'
import { isoTime } from '../machine/moves.ts'
import type { ReleaseState } from '../machine/state.ts'
import type { PlannedFault } from './planned.ts'
import { faultId } from './record.ts'
import type { FaultRecord } from './record.ts'

/**
 * The record of a fault probe of a release.
 * @param labels by which the canary's pods are known
 * @param now milliseconds since the epoch
 */
export function recordOf(
  { rollout, id, seq, version, plan, step }: ReleaseState,
  { name, dependency, abort, delay, durationMs }: PlannedFault,
  { labels, now }: { readonly labels: Readonly<Record<string, string>>; readonly now: number },
): FaultRecord {
  const owner = keyOf(rollout)
  return {
    id: faultId(owner, name),
    name,
    owner,
    release: { uid: rollout.uid, id, seq },
    reason: `fault probe of ${version} at ${plan.steps[step]?.weight ?? 0} %`,
    host: dependency,
    injectedAt: isoTime(now),
    expiresAt: isoTime(now + durationMs),
    meets: { kind: 'Callers', namespace: rollout.namespace, labels },
    ...(abort && { abort }),
    ...(delay && { delay }),
  }
}
