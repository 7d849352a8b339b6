import { isDeepStrictEqual } from 'node:util'
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { Logger } from 'pino'
import { FIELD_MANAGER, FINALIZER, GROUP_VERSION, keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { RawRollout, RolloutMeta } from '../../api/v1alpha1/rollout.ts'
import type { RolloutStatus } from '../../api/v1alpha1/status.ts'
import { ConflictError } from '../../ports.ts'
import type { RolloutStore } from '../../ports.ts'
import { ROLLOUTS } from './caches.ts'
import type { Caches, Raw } from './caches.ts'
import { orConflict, unlessMissing } from './client.ts'
import type { KubernetesClient } from './client.ts'
import { EventWriter } from './events.ts'

/** Conflicts in a row after which a write is given up, to be made again by whoever asked for it. */
const MOST_CONFLICTS = 20

type RolloutRef = ObjectRef & { readonly uid: string }

/** Rollouts, read from the cache and written with the version that was read. */
export function rolloutStore(client: KubernetesClient, caches: Caches, log: Logger): RolloutStore {
  const io = new RolloutIo(client, caches)
  const events = new EventWriter(client, log)
  return {
    get: (ref) => {
      const raw = caches.rollouts.get(ref)
      return raw && rolloutOf(raw)
    },
    list: (namespace) => caches.rollouts.list(namespace).map(rolloutOf),
    updateStatus: async (rollout, next) => io.updateStatus(rollout, next),
    setFinalizer: async (rollout, present) => io.setFinalizer(rollout, present),
    record: async (rollout, event) => {
      const { namespace, name, uid } = rollout
      const on = { apiVersion: GROUP_VERSION, kind: 'Rollout', namespace, name, uid }
      const id = `${uid}/${event.seq}/${event.reason}/${event.message}`
      await events.record({ on, id, ...event }, { rollout: keyOf(rollout) })
    },
  }
}

/** A Rollout as Sluice reads it. */
export function rolloutOf(raw: Raw): RawRollout {
  return { meta: metaOf(raw.metadata ?? {}), spec: raw.spec, status: raw.status ?? {} }
}

function metaOf(metadata: NonNullable<Raw['metadata']>): RolloutMeta {
  const { name = '', namespace = '', uid = '', generation = 0 } = metadata
  const { resourceVersion = '', finalizers = [], creationTimestamp = '', deletionTimestamp } = metadata
  const deletion = deletionTimestamp && { deletionTimestamp: String(deletionTimestamp) }
  const created = String(creationTimestamp)
  return {
    name,
    namespace,
    uid,
    generation,
    resourceVersion,
    finalizers,
    creationTimestamp: created,
    ...deletion,
  }
}

/** Reads and writes of Rollouts at the API server. */
class RolloutIo {
  readonly #client: KubernetesClient
  readonly #caches: Caches

  constructor(client: KubernetesClient, caches: Caches) {
    this.#client = client
    this.#caches = caches
  }

  async updateStatus(
    rollout: RolloutRef,
    next: (prior: RolloutStatus) => RolloutStatus | undefined,
  ): Promise<void> {
    await this.#edit(rollout, async (raw) => {
      const prior = (raw.status ?? {}) as RolloutStatus
      const status = next(prior)
      if (status === undefined || isDeepStrictEqual(status, prior)) return
      const body = { ...raw, status }
      const request = { ...ROLLOUTS, ...refOf(rollout), body, fieldManager: FIELD_MANAGER }
      this.#note(await orConflict(this.#client.custom.replaceNamespacedCustomObjectStatus(request)))
    })
  }

  async setFinalizer(rollout: RolloutRef, present: boolean): Promise<boolean> {
    let isSet = false
    await this.#edit(rollout, async (raw) => {
      const old = raw.metadata?.finalizers ?? []
      isSet = old.includes(FINALIZER) === present
      const isRefused = present && raw.metadata?.deletionTimestamp !== undefined
      if (isSet || isRefused) return
      const finalizers = present ? [...old, FINALIZER] : old.filter((name) => name !== FINALIZER)
      const { resourceVersion } = raw.metadata ?? {}
      const body = { metadata: { finalizers, resourceVersion } }
      const request = { ...ROLLOUTS, ...refOf(rollout), body, fieldManager: FIELD_MANAGER }
      const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
      this.#note(await orConflict(this.#client.custom.patchNamespacedCustomObject(request, options)))
      isSet = true
    })
    return isSet
  }

  /** Tries with the cached object first, with a fresh one after a conflict. */
  async #edit(rollout: RolloutRef, write: (raw: Raw) => Promise<void>): Promise<void> {
    let raw = this.#caches.rollouts.get(rollout) ?? (await this.#read(rollout))
    for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
      if (raw?.metadata?.uid !== rollout.uid) return
      try {
        await write(raw)
        return
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
        raw = await this.#read(rollout)
      }
    }
    throw new ConflictError(`Rollout ${keyOf(rollout)} changed ${MOST_CONFLICTS} times while it was written`)
  }

  async #read(rollout: RolloutRef): Promise<Raw | undefined> {
    const request = { ...ROLLOUTS, ...refOf(rollout) }
    return (await unlessMissing(this.#client.custom.getNamespacedCustomObject(request))) as Raw | undefined
  }

  #note(written: unknown): void {
    if (written !== undefined) this.#caches.rollouts.note(written as Raw)
  }
}

function refOf({ namespace, name }: ObjectRef): ObjectRef {
  return { namespace, name }
}
