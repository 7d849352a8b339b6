import type { FaultRecord } from '../core/faults/record.ts'

/**
 * The faults that a controller has seen, by VirtualService (`namespace/name`): since when, and whose they are. Times are
 * of the monotonic clock: one that is set back keeps no fault.
 */
export class KnownFaults {
  /** When each fault was first seen (milliseconds). */
  readonly #since = new Map<string, ReadonlyMap<string, number>>()
  readonly #owners = new Map<string, readonly string[]>()
  readonly #objects = new Map<string, Set<string>>()

  /** Takes note of all faults that stand in a VirtualService now. */
  note(object: string, records: readonly FaultRecord[]): void {
    const now = performance.now()
    const known = this.#since.get(object)
    this.forget(object)
    if (records.length === 0) return
    this.#since.set(object, new Map(records.map((one) => [idOf(one), known?.get(idOf(one)) ?? now])))
    const owners = [...new Set(records.map(({ owner }) => owner))]
    this.#owners.set(object, owners)
    for (const owner of owners) this.#objects.set(owner, this.#ofOwner(owner).add(object))
  }

  /** No fault of ours stands there any more. */
  forget(object: string): void {
    for (const owner of this.#owners.get(object) ?? []) {
      const objects = this.#ofOwner(owner)
      objects.delete(object)
      if (objects.size === 0) this.#objects.delete(owner)
    }
    this.#owners.delete(object)
    this.#since.delete(object)
  }

  /** For how long a fault was seen (milliseconds); 0 of one that was not noted. */
  seenForMs(object: string, record: FaultRecord): number {
    const since = this.#since.get(object)?.get(idOf(record))
    return since === undefined ? 0 : performance.now() - since
  }

  /** VirtualServices in which faults of an owner stand. */
  objectsOf(owner: string): readonly string[] {
    return [...(this.#objects.get(owner) ?? [])]
  }

  #ofOwner(owner: string): Set<string> {
    return this.#objects.get(owner) ?? new Set()
  }
}

/** The same fault, injected anew, is another one. */
function idOf({ id, injectedAt, expiresAt }: FaultRecord): string {
  return `${id} ${injectedAt} ${expiresAt}`
}
