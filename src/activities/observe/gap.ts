import { durationText } from '../../api/quantities.ts'
import { desiredWeight } from '../../core/machine/state.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { GUARD_MS } from './pace.ts'

/**
 * A canary had weight and nobody could watch it: that is told, since nothing else would tell it. Says whether it was so.
 * @param watchedAt when metrics were last read; milliseconds since the epoch
 */
export async function tellGap(ports: Ports, state: ReleaseState, watchedAt: number): Promise<boolean> {
  const { rollout, version, plan, seq } = state
  const gapMs = ports.clock.now() - watchedAt
  if (gapMs <= 2 * Math.max(GUARD_MS, plan.intervalMs)) return false
  ports.reporter.unwatched(state, gapMs / 1000)
  const message = `nobody watched ${version} at ${desiredWeight(state)} % for ${durationText(gapMs)}`
  await ports.store.record(rollout, { type: 'Warning', reason: 'Unwatched', message, seq })
  return true
}
