import { eventually } from '../../sandbox/kit/sluice.ts'
import type { Task } from '../../sandbox/progress.ts'
import type { Lab } from '../kit/lab.ts'
import { quiet } from '../kit/quiet.ts'
import { STABLE, applyRollout, openShop, readyPods, statusOf } from '../kit/shops.ts'
import { sum } from '../statistics.ts'
import { idleFor } from './idle.ts'
import type { Idle } from './idle.ts'
import { releaseAtOnce } from './round.ts'
import type { Round } from './round.ts'
import { HELD, NEXT, specOf } from './spec.ts'
import { startTraffic } from './traffic.ts'

/** Requests a second to each shop that has a release, beside those that every shop has. */
const RATE = 3
const VERSIONS = [STABLE, NEXT, HELD]
const READY_WITHIN_MS = 900_000
/** Shops that are made side by side. */
const SIDE_BY_SIDE = 20

/** What was measured of releases that begin at once. */
export interface Rounds {
  readonly rollouts: number
  readonly idle: Idle
  /** From the fewest releases to the most. */
  readonly rounds: readonly Round[]
}

/** Makes shops with one pod of each version, and waits until each has its stable version. */
export async function openShops(lab: Lab, namespaces: readonly string[], task: Task): Promise<void> {
  const versions = Object.fromEntries(VERSIONS.map((version) => [version, { LATENCY_MS: 5 }]))
  for (let made = 0; made < namespaces.length; made += SIDE_BY_SIDE) {
    task.update(`${made} of ${namespaces.length} shops are open`)
    const some = namespaces.slice(made, made + SIDE_BY_SIDE)
    await Promise.all(some.map(async (namespace) => openShop(lab, namespace, versions, { shared: true })))
    await eventually(
      'all pods are ready',
      async () => some.every((namespace) => readyPods(lab, namespace) === VERSIONS.length),
      READY_WITHIN_MS,
    )
    await Promise.all(some.map(async (namespace) => applyRollout(lab, namespace, specOf(STABLE))))
  }
  await eventually(
    'v1 is stable everywhere',
    async () => namespaces.every((namespace) => statusOf(lab, namespace).stableVersion === STABLE),
    READY_WITHIN_MS,
  )
}

/**
 * Measures first nothing, then one round after the other, each in shops of its own.
 * @param namespaces at least as many as releases altogether
 * @param sizes releases of each round
 */
export async function runRounds(
  lab: Lab,
  namespaces: readonly string[],
  { sizes, idleSeconds, task }: { sizes: readonly number[]; idleSeconds: number; task: Task },
): Promise<Rounds> {
  const traffic = startTraffic(lab.env.gateway, namespaces.slice(0, sum(sizes)), RATE)
  try {
    await quiet(lab)
    task.update(`nothing happens: ${idleSeconds} s for comparison`)
    const idle = await idleFor(lab, idleSeconds)
    const rounds: Round[] = []
    let first = 0
    for (const size of sizes) {
      task.update(`${size} ${size === 1 ? 'release' : 'releases at once'}`)
      rounds.push(await releaseAtOnce(lab, namespaces.slice(first, first + size), traffic))
      first += size
    }
    return { rollouts: namespaces.length, idle, rounds }
  } finally {
    await traffic.stop()
  }
}
