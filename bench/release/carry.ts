import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../sandbox/kit/sluice.ts'
import type { Task } from '../../sandbox/progress.ts'
import type { Lab } from '../kit/lab.ts'
import { applyRollout, statusOf } from '../kit/shops.ts'
import { readSluiceLog } from '../kit/sluice-log.ts'
import { lateness } from './lateness.ts'
import { watchedProcesses } from './processes.ts'
import { HELD, HELD_INTERVAL_MS, heldSpec } from './spec.ts'
import { measureStretch } from './stretch.ts'
import type { Stretch } from './stretch.ts'

/** Looks of each release while a plateau is measured. */
const LOOKS = 4
const BEGUN_WITHIN_MS = 900_000

/** Releases that were under observation at the same time, and what that took. */
export interface Plateau {
  readonly releases: number
  readonly stretch: Stretch
  /** How late looks were, milliseconds. */
  readonly late: readonly number[]
  /** Looks that there were, and that there should have been. */
  readonly looks: number
  readonly dueLooks: number
}

/** True when no look came later than one interval, and none was left out. */
export function isCarried({ late, looks, dueLooks }: Plateau): boolean {
  return looks >= dueLooks && late.every((ms) => ms <= HELD_INTERVAL_MS)
}

/**
 * Begins more and more releases that stay under observation, and measures at each number how late their looks are, until
 * one is too late or all shops have a release.
 * @param namespaces of shops that get requests
 * @param sizes numbers of releases, ascending
 */
export async function carry(
  lab: Lab,
  namespaces: readonly string[],
  { sizes, task }: { sizes: readonly number[]; task: Task },
): Promise<Plateau[]> {
  const plateaus: Plateau[] = []
  for (const size of sizes) {
    task.update(`${size} releases under way: they begin`)
    await beginHeld(lab, namespaces.slice(plateaus.at(-1)?.releases ?? 0, size))
    task.update(`${size} releases under way: a look every ${HELD_INTERVAL_MS / 1000} s each`)
    const plateau = await measure(lab, size)
    plateaus.push(plateau)
    if (!isCarried(plateau)) break
  }
  return plateaus
}

/** Begins releases that stay in their first step; resolves when all are observed. */
export async function beginHeld(lab: Lab, namespaces: readonly string[]): Promise<void> {
  const spec = heldSpec(HELD_INTERVAL_MS)
  await Promise.all(namespaces.map(async (namespace) => applyRollout(lab, namespace, spec)))
  const isHeld = (namespace: string) => {
    const { release } = statusOf(lab, namespace)
    return release?.version === HELD && release.phase === 'Observing'
  }
  await eventually('all are observed', async () => namespaces.every(isHeld), BEGUN_WITHIN_MS)
}

async function measure(lab: Lab, releases: number): Promise<Plateau> {
  // What began is not what goes on: the first looks of all come at once.
  await sleep(HELD_INTERVAL_MS)
  const startedAt = Date.now()
  const stretch = await measureStretch(watchedProcesses(lab.env.state), async () => {
    await sleep(LOOKS * HELD_INTERVAL_MS)
  })
  const lines = readSluiceLog(lab.sluice.logFile).filter(({ at }) => at >= startedAt)
  const looks = lines.filter(({ message }) => message === 'looked').length
  // Of each, one may fall just before the beginning or just after the end.
  const dueLooks = releases * (LOOKS - 1)
  return { releases, stretch, late: lateness(lines, HELD_INTERVAL_MS), looks, dueLooks }
}
