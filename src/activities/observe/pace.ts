import { pauseOfContest } from '../../core/policy/contest.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { usersAreServed } from './served.ts'

/** Longest time between two passes of the guard (milliseconds), whatever the interval of the analysis. */
export const GUARD_MS = 1000

/** Are a stranger's weights left for now? Whoever comes back is answered ever more seldom, unless users pay for it. */
export async function isPutBackLately(ports: Ports, state: ReleaseState): Promise<boolean> {
  const { driftedAt, contest, plan } = state
  if (driftedAt === undefined) return false
  const pastMs = ports.clock.now() - driftedAt
  if (pastMs < GUARD_MS) return true
  return pastMs < pauseOfContest(contest, plan.intervalMs) && (await usersAreServed(ports, state))
}
