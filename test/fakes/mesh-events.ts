import { isDeepStrictEqual } from 'node:util'
import type { ObjectRef } from '../../src/api/names.ts'
import type { MeshEvent, MeshEvents } from '../../src/ports.ts'

/** Events on objects of the mesh, in memory. */
export class FakeMeshEvents implements MeshEvents {
  readonly recorded: { readonly object: ObjectRef; readonly version: string; readonly event: MeshEvent }[] =
    []

  async record(...[{ metadata }, event]: Parameters<MeshEvents['record']>): Promise<void> {
    const { namespace, name, resourceVersion = '' } = metadata
    const one = { object: { namespace, name }, version: resourceVersion, event }
    if (!this.recorded.some((other) => isDeepStrictEqual(other, one))) this.recorded.push(one)
  }
}
