import { isDeepStrictEqual } from 'node:util'
import { forgetIdle } from '../core/traffic/edits.ts'
import { markOf } from '../core/traffic/mark.ts'
import type { MeshObject } from '../core/traffic/types.ts'
import type { Mesh } from '../ports.ts'

/**
 * An idle Rollout goes without a finalizer, so its marks are taken away once it is gone. Throws when somebody else wrote
 * meanwhile, to be tried again.
 */
export async function forgetMarks(mesh: Mesh, rollout: string): Promise<void> {
  const objects: readonly MeshObject[] = [...mesh.virtualServices(), ...mesh.destinationRules()]
  for (const { kind, metadata } of objects.filter((object) => markOf(object, rollout) !== undefined)) {
    const { namespace, name } = metadata
    const object = await mesh.read({ kind, namespace, name }, 'Fresh')
    if (object === undefined) continue
    const edited = forgetIdle(rollout)(object)
    if ('object' in edited && !isDeepStrictEqual(edited.object, object)) await mesh.write(edited.object)
  }
}
