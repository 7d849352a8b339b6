import { keyOf } from '../../src/api/names.ts'
import type { ObjectRef } from '../../src/api/names.ts'
import { RefusedError } from '../../src/ports.ts'
import type { Secrets } from '../../src/ports.ts'

/** Secrets in memory, all of which may be read. */
export class FakeSecrets implements Secrets {
  readonly #secrets = new Map<string, Readonly<Record<string, string>>>()
  #problem: Error | undefined

  put(ref: ObjectRef, key: string, value: string): void {
    this.#secrets.set(keyOf(ref), { ...this.#secrets.get(keyOf(ref)), [key]: value })
  }

  remove(ref: ObjectRef): void {
    this.#secrets.delete(keyOf(ref))
  }

  /** Nothing is answered but this. */
  fail(problem: Error): void {
    this.#problem = problem
  }

  async read(ref: ObjectRef, key: string): Promise<string> {
    if (this.#problem) throw this.#problem
    const value = this.#secrets.get(keyOf(ref))?.[key]
    if (value !== undefined) return value
    throw new RefusedError(`there is no key ${key} in the Secret ${keyOf(ref)}, or no such Secret`)
  }

  async readAll(ref: ObjectRef): Promise<Readonly<Record<string, string>>> {
    if (this.#problem) throw this.#problem
    const found = this.#secrets.get(keyOf(ref))
    if (found !== undefined) return found
    throw new RefusedError(`there is no Secret ${keyOf(ref)}; create it or correct the name`)
  }
}
