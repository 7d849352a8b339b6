import { setTimeout as delay } from 'node:timers/promises'
import type { ObjectRef } from '../../api/names.ts'
import type { RolloutSight } from '../../ports.ts'
import { named } from '../find.ts'
import type { Cluster } from '../shell.ts'
import type { Screen } from './screens.ts'
import { outcomeOf } from './outcome.ts'
import type { Outcome } from './outcome.ts'

/** The last event is recorded right after the last status: it is waited for so long (milliseconds). */
const LINGER_MS = 1_000

export interface WatchOptions {
  /** Goes on after the end of a release. */
  readonly follow: boolean
  readonly interrupted: AbortSignal
}

/** How watching ended. */
export type Ending = Outcome | 'Deleted' | 'Interrupted'

/**
 * Shows a Rollout until its release ends, somebody deletes it or interrupts.
 * Throws an Error when there is no such Rollout, or the cluster does not answer.
 */
export async function watchRollout(
  cluster: Cluster,
  ref: ObjectRef,
  screen: Screen,
  options: WatchOptions,
): Promise<Ending> {
  const watching = new Watch(screen, options.follow)
  const signal = AbortSignal.any([options.interrupted, watching.over])
  try {
    await cluster.viewer.follow(ref, (sight) => watching.see(sight), signal)
  } finally {
    screen.end()
  }
  if (watching.ending === 'Missing') return missing(cluster, ref)
  return watching.ending ?? 'Interrupted'
}

async function missing({ viewer }: Cluster, ref: ObjectRef): Promise<'Deleted'> {
  named(await viewer.list(ref.namespace), ref)
  return 'Deleted'
}

class Watch {
  ending: Ending | 'Missing' | undefined
  readonly #over = new AbortController()
  readonly #screen: Screen
  readonly #follow: boolean
  #seen = false

  constructor(screen: Screen, follow: boolean) {
    this.#screen = screen
    this.#follow = follow
  }

  /** Aborts when there is nothing more to see. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  see({ rollout, events, problem }: RolloutSight): void {
    if (rollout === undefined) {
      this.ending = this.#seen ? 'Deleted' : 'Missing'
      this.#over.abort()
      return
    }
    this.#screen.show({ rollout, events }, problem)
    const outcome = this.#follow ? undefined : outcomeOf(rollout)
    if (outcome !== undefined) this.#end(outcome)
    this.#seen = true
  }

  #end(outcome: Outcome): void {
    const known = this.ending !== undefined || !this.#seen
    this.ending = outcome
    if (known) this.#over.abort()
    else void delay(LINGER_MS).then(() => this.#over.abort())
  }
}
