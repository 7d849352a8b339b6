import type { ReleaseState } from './state.ts'

const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 300_000

/**
 * Milliseconds that a state waits before it moves on by itself; undefined for states that do something instead. A
 * refused preflight is tried again ever more seldom; a change of the Rollout or its objects brings it forward.
 */
export function pauseOf(state: ReleaseState, now: number): number | undefined {
  if (state.phase === 'Refused') return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (state.refusals - 1))
  if (state.phase === 'Retaining') return Math.max(0, state.phaseAt + state.plan.retireAfterMs - now)
  return undefined
}
