import { eventually, startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import type { Task } from '../../sandbox/progress.ts'
import type { Lab } from '../kit/lab.ts'
import { STABLE, applyRollout, isOver } from '../kit/shops.ts'
import { readSluiceLog } from '../kit/sluice-log.ts'
import type { LogLine } from '../kit/sluice-log.ts'
import { HELD, INTERVAL_MS, heldSpec, specOf } from './spec.ts'

const OBSERVED_WITHIN_MS = 120_000

/**
 * Kills the worker that observes a release, again and again; another one stands by each time.
 * @param lab whose Sluice runs no worker
 * @returns seconds from each death until the next look at the release
 */
export async function recover(
  lab: Lab,
  namespace: string,
  { kills, task }: { kills: number; task: Task },
): Promise<number[]> {
  await applyRollout(lab, namespace, heldSpec(INTERVAL_MS))
  const pair = new Pair(lab, `${namespace}/reviews`)
  try {
    await pair.start()
    const seconds: number[] = []
    for (let kill = 1; kill <= kills; kill += 1) {
      task.update(`kill -9 of the worker that observes: ${kill} of ${kills}`)
      seconds.push(await pair.killObserver())
    }
    await applyRollout(lab, namespace, specOf(STABLE))
    await eventually('it is over', async () => isOver(lab, namespace, HELD), OBSERVED_WITHIN_MS)
    return seconds
  } finally {
    await pair.stop()
  }
}

/** Two workers, of which one observes the release. */
class Pair {
  readonly #lab: Lab
  readonly #rollout: string
  readonly #begunAt = Date.now()
  readonly #workers = new Map<string, SluiceProcess>()

  constructor(lab: Lab, rollout: string) {
    this.#lab = lab
    this.#rollout = rollout
  }

  async start(): Promise<void> {
    await Promise.all(['worker-a', 'worker-b'].map(async (name) => this.#begin(name)))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers.values()].map(async (worker) => worker.stop()))
  }

  /** Returns the seconds until the other one has looked, and starts a new one. */
  async killObserver(): Promise<number> {
    const [name, worker] = await eventually(
      'a worker observes',
      async () => this.#observer(),
      OBSERVED_WITHIN_MS,
    )
    await worker.kill()
    const died = Date.now()
    this.#workers.delete(name)
    const look = await eventually(
      'it is observed again',
      async () => this.#lookAfter(died),
      OBSERVED_WITHIN_MS,
    )
    await this.#begin(name)
    return (look.at - died) / 1000
  }

  async #begin(name: string): Promise<void> {
    const { env, settings } = this.#lab
    const worker = await startSluice(env, { name, settings: { ...settings, SLUICE_ROLES: 'worker,server' } })
    await worker.ready()
    this.#workers.set(name, worker)
  }

  /** The one that looked last. */
  #observer(): [string, SluiceProcess] | undefined {
    const lasts = [...this.#workers].map(([name, worker]) => {
      return { name, worker, at: this.#looks(worker).at(-1)?.at ?? 0 }
    })
    const last = lasts.toSorted((a, b) => b.at - a.at)[0]
    return last === undefined || last.at === 0 ? undefined : [last.name, last.worker]
  }

  #lookAfter(moment: number): LogLine | undefined {
    return [...this.#workers.values()].flatMap((worker) => this.#looks(worker)).find(({ at }) => at > moment)
  }

  #looks({ logFile }: SluiceProcess): LogLine[] {
    const lines = readSluiceLog(logFile).filter(({ at }) => at >= this.#begunAt)
    return lines.filter(({ message, rollout }) => message === 'looked' && rollout === this.#rollout)
  }
}
