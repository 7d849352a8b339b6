import type { ObjectRef } from '../../src/api/names.ts'
import { listOf, storeKey } from './object-store.ts'
import type { Listener, ObjectStore, StoredObject } from './object-store.ts'

/** What watches have brought of an object store. It follows at once, unless it is told to lag behind. */
export class CachedView {
  readonly #store: ObjectStore
  readonly #objects = new Map<string, StoredObject>()
  readonly #listeners = new Set<Listener>()
  #pending: Parameters<Listener>[] | undefined

  constructor(store: ObjectStore) {
    this.#store = store
    store.subscribe((object, what) => {
      if (this.#pending) this.#pending.push([object, what])
      else this.#take(object, what)
    })
  }

  /** Brings nothing new until {@link catchUp}, except for own writes. */
  lag(): void {
    this.#pending ??= []
  }

  /** Brings what happened meanwhile. */
  catchUp(): void {
    const pending = this.#pending ?? []
    this.#pending = undefined
    for (const [object, what] of pending) this.#take(object, what)
  }

  /** Tells of every change that the view brings. */
  subscribe(listener: Listener): void {
    this.#listeners.add(listener)
  }

  /** An own write is known at once. */
  note(object: StoredObject): void {
    const current = this.#store.read(object.kind, object.metadata)
    if (current !== undefined) this.#objects.set(storeKey(object.kind, object.metadata), object)
  }

  read(kind: string, ref: ObjectRef): StoredObject | undefined {
    return this.#objects.get(storeKey(kind, ref))
  }

  /** All of a kind, or those of a namespace. */
  list(kind: string, namespace?: string): StoredObject[] {
    return listOf(this.#objects, kind, namespace)
  }

  #take(object: StoredObject, what: 'present' | 'deleted'): void {
    const key = storeKey(object.kind, object.metadata)
    if (what === 'deleted') this.#objects.delete(key)
    else this.#objects.set(key, object)
    for (const listener of this.#listeners) listener(object, what)
  }
}
