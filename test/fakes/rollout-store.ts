import { isDeepStrictEqual } from 'node:util'
import { FINALIZER } from '../../src/api/names.ts'
import type { ObjectRef } from '../../src/api/names.ts'
import type { RawRollout } from '../../src/api/v1alpha1/rollout.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { RolloutEvent } from '../../src/core/status/events.ts'
import { ConflictError } from '../../src/ports.ts'
import type { RolloutStore } from '../../src/ports.ts'
import type { CachedView } from './cached-view.ts'
import type { ObjectStore, StoredObject } from './object-store.ts'

type RolloutRef = ObjectRef & { readonly uid: string }

/** An event, and the Rollout that it was recorded on. */
export interface Recorded {
  readonly rollout: ObjectRef
  readonly event: RolloutEvent
}

/** Rollouts in memory, and the events recorded on them. */
export class FakeRolloutStore implements RolloutStore {
  readonly events: Recorded[] = []
  readonly #store: ObjectStore
  readonly #cache: CachedView

  constructor(store: ObjectStore, cache: CachedView) {
    this.#store = store
    this.#cache = cache
  }

  get(ref: ObjectRef): RawRollout | undefined {
    const object = this.#cache.read('Rollout', ref)
    return object && rolloutOf(object)
  }

  list(namespace?: string): readonly RawRollout[] {
    return this.#cache.list('Rollout', namespace).map(rolloutOf)
  }

  async updateStatus(
    rollout: RolloutRef,
    next: (prior: RolloutStatus) => RolloutStatus | undefined,
  ): Promise<void> {
    this.#edit(rollout, (object) => {
      const prior = statusOf(object)
      const status = next(prior)
      if (status === undefined || isDeepStrictEqual(status, prior)) return undefined
      return this.#store.replaceStatus({ ...object, status })
    })
  }

  async setFinalizer(rollout: RolloutRef, present: boolean): Promise<boolean> {
    let isSet = false
    this.#edit(rollout, (object) => {
      const old = object.metadata.finalizers ?? []
      isSet = old.includes(FINALIZER) === present
      if (isSet || (present && object.metadata.deletionTimestamp !== undefined)) return undefined
      const finalizers = present ? [...old, FINALIZER] : old.filter((name) => name !== FINALIZER)
      const written = this.#store.replace({ ...object, metadata: { ...object.metadata, finalizers } })
      isSet = true
      return written
    })
    return isSet
  }

  async record(rollout: RolloutRef, event: RolloutEvent): Promise<void> {
    const { namespace, name } = rollout
    const isKnown = this.events.some((one) => isDeepStrictEqual(one, { rollout: { namespace, name }, event }))
    if (!isKnown) this.events.push({ rollout: { namespace, name }, event })
  }

  /** With the cached object first, with a fresh one after a conflict. */
  #edit(rollout: RolloutRef, write: (object: StoredObject) => StoredObject | undefined): void {
    for (const object of [this.#cache.read('Rollout', rollout), this.#store.read('Rollout', rollout)]) {
      if (object?.metadata.uid !== rollout.uid) continue
      try {
        const written = write(object)
        if (written) this.#cache.note(written)
        return
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
      }
    }
  }
}

function statusOf(object: StoredObject): RolloutStatus {
  return (object['status'] as RolloutStatus | undefined) ?? {}
}

function rolloutOf(object: StoredObject): RawRollout {
  const { name, namespace, uid = '', generation = 1 } = object.metadata
  const { resourceVersion = '', creationTimestamp = '', finalizers = [], deletionTimestamp } = object.metadata
  const deletion = deletionTimestamp === undefined ? {} : { deletionTimestamp }
  const meta = {
    name,
    namespace,
    uid,
    generation,
    resourceVersion,
    creationTimestamp,
    finalizers,
    ...deletion,
  }
  return { meta, spec: object['spec'], status: statusOf(object) }
}
