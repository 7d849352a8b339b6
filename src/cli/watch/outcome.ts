import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import { holdingOf } from '../view/model.ts'

/** How a release ended, for those who wait for it. */
export type Outcome = 'Succeeded' | 'Failed'

/**
 * How the release of the Rollout ended; undefined while it is under way. What was written for an older generation of the
 * spec says nothing: somebody may just have asked for another version.
 */
export function outcomeOf(rollout: RawRollout): Outcome | undefined {
  const holding = holdingOf(rollout)
  const { generation, deletionTimestamp } = rollout.meta
  if (holding?.observedGeneration !== generation || deletionTimestamp !== undefined) return undefined
  if (holding.type === 'Ready') return 'Succeeded'
  return holding.type === 'Stalled' ? 'Failed' : undefined
}
