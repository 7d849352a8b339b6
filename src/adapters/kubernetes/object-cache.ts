import { EventEmitter } from 'node:events'
import { ListWatch } from '@kubernetes/client-node'
import type { KubernetesListObject, KubernetesObject, Watch } from '@kubernetes/client-node'
import type { Logger } from 'pino'
import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import { problemOf, statusOfError } from './client.ts'
import type { KubernetesClient } from './client.ts'
import { OwnWrites } from './own-writes.ts'
import { Pulse } from './pulse.ts'

/** Time until a watch that broke is begun anew (milliseconds). */
const RESTART_MS = 500
/** Time until an optional kind that the cluster lacks is looked for again (milliseconds). */
const LOOK_AGAIN_MS = 30_000
const NOT_FOUND = 404

/** What is watched. */
export interface Source<T extends KubernetesObject> {
  /** For people. */
  readonly kind: string
  /** Path of the collection over all namespaces. */
  readonly path: string
  list(): Promise<KubernetesListObject<T>>
  /** The cluster may lack the kind: then there are no objects, and it is looked for now and then. */
  readonly isOptional?: boolean
  /** What is kept of an object; absent: all of it. */
  keep?(this: void, object: T): T
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
  readonly #isOptional: boolean
  readonly #log: Logger
  readonly #synced = Promise.withResolvers<void>()
  #isSynced = false
  #isAbsent = false
  #stopped = false

  constructor(client: KubernetesClient, source: Source<T>, log: Logger) {
    super()
    this.kind = source.kind
    this.#isOptional = source.isOptional === true
    this.#log = log
    this.setMaxListeners(0)
    this.#informer = new ListWatch<T>(
      source.path,
      slimming(client.watch, source),
      async () => this.#list(source),
      false,
    )
    this.#informer.on('add', (object) => this.emit('change', object, 'present'))
    this.#informer.on('update', (object) => this.emit('change', object, 'present'))
    this.#informer.on('delete', (object) => this.emit('change', object, 'deleted'))
    this.#informer.on('change', () => this.pulse.sign())
    this.#informer.on('connect', () => this.pulse.sign())
    this.#informer.on('error', (error: unknown) => this.#broke(error))
  }

  async start(): Promise<void> {
    if (!this.#stopped) await this.pulse.attempt(async () => this.#informer.start())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#informer.stop()
  }

  /** The first list has come, or the cluster lacks the kind and may do so. */
  isSynced(): boolean {
    return this.#isSynced
  }

  /** The cluster lacks the kind, which is optional. */
  isAbsent(): boolean {
    return this.#isAbsent
  }

  /** Resolves when the first list has come, or the cluster lacks the kind and may do so. */
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

  #broke(error: unknown): void {
    const log = this.#log
    this.#isAbsent = this.#isOptional && statusOfError(error) === NOT_FOUND
    if (this.#isAbsent) this.#sync()
    this.pulse.broke(explained(error))
    log.debug({ kind: this.kind, err: error }, 'watch broke, beginning anew')
    const problem = this.pulse.toTell()
    if (problem !== undefined)
      log.warn({ kind: this.kind, problem }, 'the API server cannot be watched, trying again')
    setTimeout(() => void this.start(), this.#isAbsent ? LOOK_AGAIN_MS : RESTART_MS)
  }

  #sync(): void {
    this.#isSynced = true
    this.#synced.resolve()
  }

  async #list(source: Source<T>): Promise<KubernetesListObject<T>> {
    const list = kept(await source.list(), source)
    // The list is in the cache as soon as this promise was awaited: by the next turn of the event loop.
    setImmediate(() => {
      this.#isAbsent = false
      this.#sync()
    })
    return list
  }
}

/** Phases of a watch whose objects are those of the kind. */
const OBJECTS: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED'])

/** A watch that brings of each object what is kept of it. */
function slimming<T extends KubernetesObject>(watch: Watch, { keep }: Source<T>): Watch {
  if (keep === undefined) return watch
  const slim: Pick<Watch, 'watch'> = {
    watch: async (path, query, callback, done) =>
      watch.watch(
        path,
        query,
        (phase, object: T) => callback(phase, OBJECTS.has(phase) ? keep(object) : object),
        done,
      ),
  }
  return slim as Watch
}

function kept<T extends KubernetesObject>(
  list: KubernetesListObject<T>,
  { keep }: Source<T>,
): KubernetesListObject<T> {
  return keep === undefined ? list : { ...list, items: list.items.map((item) => keep(item)) }
}

function explained(error: unknown): string {
  const remedy = REMEDIES[statusOfError(error) ?? 0]
  return problemOf(error) + (remedy === undefined ? '' : `; ${remedy}`)
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'the credentials are not valid',
  403: 'Sluice needs the rights list and watch on all of them, as in deploy/base/cluster-role.yaml',
  404: 'the cluster does not know this kind: install its CRD',
}

function refOfObject(object: KubernetesObject): ObjectRef {
  return { namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '' }
}
