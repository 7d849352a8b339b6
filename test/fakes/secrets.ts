import { keyOf } from '../../src/api/names.ts'
import type { ObjectRef } from '../../src/api/names.ts'
import { RefusedError } from '../../src/ports.ts'
import type { Secrets } from '../../src/ports.ts'

/** Secrets in memory, all of which may be read. */
export class FakeSecrets implements Secrets {
  readonly #values = new Map<string, string>()

  put(ref: ObjectRef, key: string, value: string): void {
    this.#values.set(`${keyOf(ref)}/${key}`, value)
  }

  async read(ref: ObjectRef, key: string): Promise<string> {
    const value = this.#values.get(`${keyOf(ref)}/${key}`)
    if (value !== undefined) return value
    throw new RefusedError(`there is no key ${key} in the Secret ${keyOf(ref)}, or no such Secret`)
  }
}
