import { isDeepStrictEqual } from 'node:util'
import { keyOf } from '../../src/api/names.ts'
import type { ObjectRef } from '../../src/api/names.ts'
import type { MeshEvent, MeshEvents } from '../../src/ports.ts'

interface Recorded {
  readonly kind: string
  readonly object: ObjectRef
  readonly version: string
  readonly event: MeshEvent
}

/** Events on objects of the mesh, in memory. */
export class FakeMeshEvents implements MeshEvents {
  readonly recorded: Recorded[] = []

  async record(...[{ kind, metadata }, event]: Parameters<MeshEvents['record']>): Promise<void> {
    const { namespace, name, resourceVersion = '' } = metadata
    const one = { kind, object: { namespace, name }, version: resourceVersion, event }
    if (!this.recorded.some((other) => isDeepStrictEqual(other, one))) this.recorded.push(one)
  }

  /** Reasons with the objects that they were told of. */
  told(): string[] {
    return this.recorded.map(({ kind, object, event }) => `${event.reason} ${kind} ${keyOf(object)}`)
  }
}
