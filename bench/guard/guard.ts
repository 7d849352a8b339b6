import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../sandbox/kit/sluice.ts'
import type { Extent, Outcome, Site } from '../benchmark.ts'
import { inLab } from '../kit/lab.ts'
import type { Lab } from '../kit/lab.ts'
import { applyRollout, statusOf } from '../kit/shops.ts'
import { beginHeld } from '../release/carry.ts'
import { openShops } from '../release/rounds.ts'
import { HELD_INTERVAL_MS, heldSpec } from '../release/spec.ts'
import { withTraffic } from '../release/traffic.ts'
import { longBake } from './bake.ts'
import { measurePhase } from './phase.ts'
import type { Phase } from './phase.ts'
import { guardOutcome } from './report.ts'

/** Releases that wait, unless said otherwise. */
const RELEASES = 200
/** Requests a second to every shop. */
const RATE = 0.2
const SECONDS = 120
const SETTLED_WITHIN_MS = 300_000
/** At level debug Sluice logs each look. */
const SETTINGS = { SLUICE_LOG_LEVEL: 'debug' }

/** What releases cost that wait at a weight, beside none and those that are observed; and that a long bake takes no more. */
export async function benchGuard({ sandbox, task }: Site, { releases }: Extent): Promise<Outcome> {
  const count = releases?.at(-1) ?? RELEASES
  task.update('a bake of a week, by a turned clock')
  const bake = await longBake()
  const env = await sandbox()
  return inLab(env, SETTINGS, async (lab) => {
    const namespaces = Array.from({ length: count }, (_, index) => `shop-${index}`)
    await openShops(lab, namespaces, task)
    return withTraffic(lab, namespaces, RATE, async () => {
      const phases: Phase[] = []
      const measure = async (what: string, withRelease = namespaces) => {
        // What changed is not what goes on.
        await sleep(2 * HELD_INTERVAL_MS)
        task.update(`${count} Rollouts: ${what}, for ${SECONDS} s`)
        phases.push(await measurePhase(lab, withRelease, { what, seconds: SECONDS }))
      }
      await measure('no release', [])
      await beginHeld(lab, namespaces)
      await measure('observed')
      await pause(lab, namespaces)
      await measure('waiting')
      return guardOutcome(phases, bake)
    })
  })
}

async function pause(lab: Lab, namespaces: readonly string[]): Promise<void> {
  const spec = heldSpec(HELD_INTERVAL_MS, true)
  await Promise.all(namespaces.map(async (namespace) => applyRollout(lab, namespace, spec)))
  const isPaused = (namespace: string) =>
    statusOf(lab, namespace).conditions?.some(({ reason }) => reason === 'Paused') === true
  await eventually('all wait', async () => namespaces.every(isPaused), SETTLED_WITHIN_MS)
}
