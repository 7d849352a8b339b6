import { EventEmitter } from 'node:events'
import { ListWatch } from '@kubernetes/client-node'
import type { KubernetesListObject, KubernetesObject } from '@kubernetes/client-node'
import type { Logger } from 'pino'
import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { KubernetesClient } from './client.ts'
import { OwnWrites } from './own-writes.ts'
import { Pulse } from './pulse.ts'

/** Time until a watch that broke is begun anew (milliseconds). */
const RESTART_MS = 500

/** What is watched. */
export interface Source<T extends KubernetesObject> {
  /** For people. */
  readonly kind: string
  /** Path of the collection over all namespaces. */
  readonly path: string
  list(): Promise<KubernetesListObject<T>>
}

/**
 * All objects of a kind, kept up to date by a watch that is begun anew whenever it breaks. Emits `change` with the object
 * that was added, changed or deleted.
 */
export class ObjectCache<T extends KubernetesObject> extends EventEmitter<{
  change: [T, 'present' | 'deleted']
}> {
  /** What is watched, for people. */
  readonly kind: string
  readonly pulse = new Pulse()
  readonly #informer: ListWatch<T>
  readonly #own = new OwnWrites<T>()
  readonly #synced = Promise.withResolvers<void>()
  #isSynced = false
  #stopped = false

  constructor(client: KubernetesClient, source: Source<T>, log: Logger) {
    super()
    this.kind = source.kind
    this.setMaxListeners(0)
    this.#informer = new ListWatch<T>(source.path, client.watch, async () => this.#list(source), false)
    this.#informer.on('add', (object) => this.emit('change', object, 'present'))
    this.#informer.on('update', (object) => this.emit('change', object, 'present'))
    this.#informer.on('delete', (object) => this.emit('change', object, 'deleted'))
    this.#informer.on('change', () => this.pulse.sign())
    this.#informer.on('connect', () => this.pulse.sign())
    this.#informer.on('error', (error: unknown) => {
      this.pulse.broke(error)
      log.debug({ kind: source.kind, err: error }, 'watch broke, beginning anew')
      setTimeout(() => void this.start(), RESTART_MS).unref()
    })
  }

  async start(): Promise<void> {
    if (!this.#stopped) await this.pulse.attempt(async () => this.#informer.start())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#informer.stop()
  }

  /** The first list has come. */
  isSynced(): boolean {
    return this.#isSynced
  }

  /** Resolves when the first list has come. */
  async whenSynced(): Promise<void> {
    return this.#synced.promise
  }

  get(ref: ObjectRef): T | undefined {
    return this.#own.newest(keyOf(ref), this.#informer.get(ref.name, ref.namespace))
  }

  /** All objects, or those of a namespace. */
  list(namespace?: string): readonly T[] {
    return this.#informer.list(namespace)
  }

  /** An own write: its result may be newer than what the watch has brought so far. */
  note(object: T): void {
    this.#own.note(keyOf(refOfObject(object)), object)
  }

  async #list(source: Source<T>): Promise<KubernetesListObject<T>> {
    const list = await source.list()
    // The list is in the cache as soon as this promise was awaited: by the next turn of the event loop.
    setImmediate(() => {
      this.#isSynced = true
      this.#synced.resolve()
    })
    return list
  }
}

function refOfObject(object: KubernetesObject): ObjectRef {
  return { namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '' }
}
