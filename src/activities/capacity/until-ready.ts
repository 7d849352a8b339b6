import type { ResultEvent } from '../../core/machine/event.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { writeStatus } from '../perform.ts'
import { waitUntil } from '../waiting.ts'
import { CanaryPods } from './canary-pods.ts'
import { Floors } from './floors.ts'

/** Numbers that change while something is awaited are told at most this often (milliseconds). */
const TELL_EVERY_MS = 30_000

/** Makes the canary ready for the weight that comes next, or waits until it is; what else happens ends the release. */
export async function untilPodsReady(ports: Ports, state: ReleaseState): Promise<'Ready' | ResultEvent> {
  const weight = nextWeight(state)
  const pods = new CanaryPods(ports, state, weight, state.phaseAt)
  const floors = new Floors(ports, state)
  const told = { at: -Infinity, awaited: '' }
  return waitUntil(ports, state, async () => {
    await floors.keep()
    await pods.ask()
    const awaited = pods.awaited()
    if (awaited === undefined) return 'Ready'
    const now = ports.clock.now()
    if (awaited !== told.awaited && now - told.at >= TELL_EVERY_MS) {
      await writeStatus(ports, state, messageOf(state, `${weight} % waits for ${awaited}`))
      Object.assign(told, { at: now, awaited })
    }
    return pods.late()
  })
}

/** Percent of requests that comes next; 0 for a version that gets all of them without steps. */
function nextWeight({ plan, step, direct }: ReleaseState): number {
  return direct === undefined ? (plan.steps[Math.max(0, step)]?.weight ?? 0) : 0
}

/** Of a canary that lost its pods the state tells more. */
function messageOf({ step, direct }: ReleaseState, message: string): { message?: string } {
  return step < 0 && direct === undefined ? { message } : {}
}
