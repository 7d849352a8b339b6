import { keyOf } from '../api/names.ts'
import type { RawRollout } from '../api/v1alpha1/rollout.ts'
import type { RolloutStore, Seen } from '../ports.ts'

/**
 * Rollouts whose route another one may have: they go on when that one goes, or asks for another route. Begins with all
 * that the store has: an idle one may not be seen again before it goes.
 */
export class Neighbours {
  readonly #store: RolloutStore
  /** Generation seen last, by `namespace/name`. */
  readonly #generations = new Map<string, number>()

  constructor(store: RolloutStore) {
    this.#store = store
    for (const { meta } of store.list()) this.#generations.set(keyOf(meta), meta.generation)
  }

  /** Those to look at anew after a Rollout was seen: none unless it is gone or its spec changed, not just its status. */
  ofChanged({ object }: Seen): RawRollout[] {
    const key = keyOf(object)
    const before = this.#generations.get(key)
    const now = this.#store.get(object)?.meta.generation
    if (now === undefined) this.#generations.delete(key)
    else this.#generations.set(key, now)
    if (before === undefined || before === now) return []
    return this.#store.list().filter((other) => keyOf(other.meta) !== key && isStalled(other))
  }
}

function isStalled({ status }: RawRollout): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Stalled' && value === 'True') === true
}
