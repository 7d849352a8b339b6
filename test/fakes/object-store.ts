import { isDeepStrictEqual } from 'node:util'
import { keyOf } from '../../src/api/names.ts'
import type { ObjectRef } from '../../src/api/names.ts'
import { ConflictError } from '../../src/ports.ts'

/** Any object of a cluster. */
export interface StoredObject {
  readonly apiVersion?: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly generation?: number
    readonly creationTimestamp?: string
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

/** What the API server gives to a new object, by the definition of its kind. */
const DEFAULTS: Readonly<Record<string, object>> = { Rollout: { status: { observedGeneration: 0 } } }

export type Listener = (object: StoredObject, what: 'present' | 'deleted') => void

/** There is no such object. */
export class MissingError extends Error {
  override readonly name = 'MissingError'
}

/**
 * Objects as an API server keeps them. A write carries the version that it was made from and is refused when somebody
 * else wrote since; one that changes nothing gives no new version. Objects that were handed out never change.
 */
export class ObjectStore {
  readonly #objects = new Map<string, StoredObject>()
  readonly #listeners = new Set<Listener>()
  readonly #now: () => number
  #version = 0

  /** @param now milliseconds since the epoch, for times of creation and deletion */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Tells of every change. */
  subscribe(listener: Listener): void {
    this.#listeners.add(listener)
  }

  create<T extends StoredObject>(object: T): T {
    const key = storeKey(object.kind, object.metadata)
    if (this.#objects.has(key)) throw new ConflictError(`${key} exists already`)
    const { uid = `uid-${this.#version + 1}` } = object.metadata
    const creationTimestamp = object.metadata.creationTimestamp ?? this.#time()
    const metadata = { ...object.metadata, uid, generation: 1, creationTimestamp }
    return this.#keep({ ...DEFAULTS[object.kind], ...structuredClone(object), metadata })
  }

  read(kind: string, ref: ObjectRef): StoredObject | undefined {
    return this.#objects.get(storeKey(kind, ref))
  }

  /** All of a kind, or those of a namespace. */
  list(kind: string, namespace?: string): StoredObject[] {
    return listOf(this.#objects, kind, namespace)
  }

  /** Writes all but the status. Throws a ConflictError when the object changed since, a MissingError when it is gone. */
  replace<T extends StoredObject>(object: T): T {
    const old = this.#current(object)
    const generation =
      (old.metadata.generation ?? 1) + (isDeepStrictEqual(old['spec'], object['spec']) ? 0 : 1)
    const { uid = '', creationTimestamp = '', deletionTimestamp } = old.metadata
    const server = { uid, creationTimestamp, ...(deletionTimestamp !== undefined && { deletionTimestamp }) }
    const { status: _theirs, ...rest }: StoredObject = object
    const status = 'status' in old ? { status: old['status'] } : {}
    const kept = this.#keep({ ...rest, ...status, metadata: { ...object.metadata, ...server, generation } })
    return kept as unknown as T
  }

  /** Writes the status alone. Throws as {@link replace} does. */
  replaceStatus<T extends StoredObject>(object: T): T {
    return this.#keep({ ...this.#current(object), status: object['status'] }) as unknown as T
  }

  /** What somebody who reads and writes at once does. Throws a MissingError. */
  change<T extends StoredObject>(kind: string, ref: ObjectRef, edit: (object: T) => T): T {
    const old = this.read(kind, ref) as T | undefined
    if (old === undefined) throw new MissingError(`there is no ${storeKey(kind, ref)}`)
    return this.replace(edit(old))
  }

  /** Deletes, or marks as being deleted while finalizers stand. One that is gone counts as done. */
  delete(kind: string, ref: ObjectRef): void {
    const old = this.read(kind, ref)
    if (old === undefined || old.metadata.deletionTimestamp !== undefined) return
    this.#keep({ ...old, metadata: { ...old.metadata, deletionTimestamp: this.#time() } })
  }

  /** Throws as {@link replace} does, and changes nothing. */
  demandCurrent(object: StoredObject): void {
    this.#current(object)
  }

  #current(object: StoredObject): StoredObject {
    const old = this.read(object.kind, object.metadata)
    if (old === undefined) throw new MissingError(`there is no ${storeKey(object.kind, object.metadata)}`)
    if (old.metadata.resourceVersion !== object.metadata.resourceVersion)
      throw new ConflictError(`${storeKey(object.kind, object.metadata)} has been modified`)
    return old
  }

  #keep<T extends StoredObject>(object: T): T {
    const key = storeKey(object.kind, object.metadata)
    if (isDeepStrictEqual(this.#objects.get(key), object)) return object
    const resourceVersion = String(++this.#version)
    const kept = frozen({ ...object, metadata: { ...object.metadata, resourceVersion } })
    const gone =
      kept.metadata.deletionTimestamp !== undefined && (kept.metadata.finalizers ?? []).length === 0
    if (gone) this.#objects.delete(key)
    else this.#objects.set(key, kept)
    for (const listener of this.#listeners) listener(kept, gone ? 'deleted' : 'present')
    return kept
  }

  #time(): string {
    return new Date(this.#now()).toISOString()
  }
}

/** Those of a kind, and of a namespace where one is given. */
export function listOf(
  objects: ReadonlyMap<string, StoredObject>,
  kind: string,
  namespace: string | undefined,
): StoredObject[] {
  const ofKind = [...objects.values()].filter((object) => object.kind === kind)
  return namespace === undefined ? ofKind : ofKind.filter((object) => object.metadata.namespace === namespace)
}

/** Name of an object among all. */
export function storeKey(kind: string, ref: ObjectRef): string {
  return `${kind} ${keyOf(ref)}`
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}
