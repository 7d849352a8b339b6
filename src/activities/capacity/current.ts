import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'

/**
 * Is the Rollout there, and does no later action of it stand, as far as is known here? Asked before what carries no fence
 * of its own, and would give pods to a version that was let go.
 */
export function isCurrent(ports: Ports, state: ReleaseState): boolean {
  return ports.store.get(state.rollout) !== undefined && !isOvertaken(ports, state)
}

/** A later action stands, or another Rollout of the same name. */
export function isOvertaken(ports: Ports, { rollout, seq }: ReleaseState): boolean {
  const seen = ports.store.get(rollout)
  if (seen === undefined) return false
  // The next sequence is that of this action's own end, from an attempt that was cut off.
  return seen.meta.uid !== rollout.uid || (seen.status.release?.seq ?? 0) > seq + 1
}
