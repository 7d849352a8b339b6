import type { MeshObject } from '../../src/core/traffic/types.ts'
import type { MeshEvent, MeshEvents } from '../../src/ports.ts'

/** Remembers what was told of objects of the mesh. */
export class FakeMeshEvents implements MeshEvents {
  readonly recorded: (MeshEvent & { readonly object: string })[] = []

  async record({ kind, metadata }: MeshObject, event: MeshEvent): Promise<void> {
    this.recorded.push({ ...event, object: `${kind} ${metadata.namespace}/${metadata.name}` })
  }

  /** Reasons with the objects that they were told of. */
  told(): string[] {
    return this.recorded.map(({ reason, object }) => `${reason} ${object}`)
  }
}
