import type { ObjectRef } from '../../api/names.ts'
import type { RolloutSight } from '../../ports-views.ts'
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
  { viewer }: Cluster,
  ref: ObjectRef,
  screen: Screen,
  options: WatchOptions,
): Promise<Ending> {
  named(await viewer.list(ref.namespace), ref)
  const watch = new Watch(screen, options.follow)
  try {
    await viewer.follow(ref, (sight) => watch.see(sight), AbortSignal.any([options.interrupted, watch.over]))
  } finally {
    screen.end()
  }
  return watch.ending ?? 'Interrupted'
}

class Watch {
  ending: Ending | undefined
  readonly #over = new AbortController()
  readonly #screen: Screen
  readonly #follow: boolean
  #sights = 0

  constructor(screen: Screen, follow: boolean) {
    this.#screen = screen
    this.#follow = follow
  }

  /** Aborts when there is nothing more to see. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  see({ rollout, events, problem }: RolloutSight): void {
    if (rollout === undefined) this.#end('Deleted', 0)
    else {
      this.#screen.show({ rollout, events }, problem)
      const outcome = this.#follow ? undefined : outcomeOf(rollout)
      if (outcome !== undefined) this.#end(outcome, this.#sights === 0 ? 0 : LINGER_MS)
    }
    this.#sights += 1
  }

  #end(ending: Ending, lingerMs: number): void {
    const isOver = lingerMs === 0 || this.ending !== undefined
    this.ending = ending
    if (isOver) this.#over.abort()
    else setTimeout(() => this.#over.abort(), lingerMs).unref()
  }
}
