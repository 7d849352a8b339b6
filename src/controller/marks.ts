import { isDeepStrictEqual } from 'node:util'
import { MARK_ANNOTATION } from '../api/names.ts'
import { isUnfinished } from '../core/policy/truth.ts'
import { forgetIdle } from '../core/traffic/edits.ts'
import { markOf, marksOf } from '../core/traffic/mark.ts'
import type { MeshObject } from '../core/traffic/types.ts'
import type { Mesh } from '../ports.ts'

/**
 * An idle Rollout goes without a finalizer, so its marks are taken away once it is gone, or `isLeft` says that it has no
 * more to do with an object. Throws when somebody else wrote meanwhile, to be tried again.
 */
export async function forgetMarks(
  mesh: Mesh,
  rollout: string,
  isLeft: (object: MeshObject) => boolean = () => true,
): Promise<void> {
  const objects: readonly MeshObject[] = [...mesh.virtualServices(), ...mesh.destinationRules()]
  for (const { kind, metadata } of objects.filter((object) => bears(object, rollout) && isLeft(object))) {
    const { namespace, name } = metadata
    const object = await mesh.read({ kind, namespace, name }, 'Fresh')
    if (object === undefined) continue
    const edited = forgetIdle(rollout)(object)
    if ('object' in edited && !isDeepStrictEqual(edited.object, object)) await mesh.write(edited.object)
  }
}

/** There may be thousands of objects with marks of others; the text tells most of them apart. */
function bears(object: MeshObject, rollout: string): boolean {
  const isTold = object.metadata.annotations?.[MARK_ANNOTATION]?.includes(rollout) === true
  return isTold && markOf(object, rollout) !== undefined
}

/** Does a mark of a Rollout (`namespace/name`) stand that names a release under way, or one that was never ended? */
export function hasUnfinished(mesh: Mesh, rollout: string): boolean {
  const objects: readonly MeshObject[] = [...mesh.virtualServices(), ...mesh.destinationRules()]
  return objects.some((object) => isUnfinished(markOf(object, rollout)))
}

/** Keys of the Rollouts that marks name: some may have gone while nobody watched. */
export function markedKeys(mesh: Mesh): string[] {
  const objects: readonly MeshObject[] = [...mesh.virtualServices(), ...mesh.destinationRules()]
  const keys = objects.flatMap((object) => marksOf(object).map(({ rollout }) => rollout))
  return keys.filter((key) => /^[^/]+\/[^/]+$/.test(key))
}
