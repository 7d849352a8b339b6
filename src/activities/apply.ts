import { isDeepStrictEqual } from 'node:util'
import { ConflictError } from '../ports.ts'
import type { Freshness, MeshAccess, MeshRef } from '../ports.ts'
import type { Edit, Edited } from '../core/traffic/edits.ts'
import type { MeshObject } from '../core/traffic/types.ts'

/** What became of an edit: `Missing` is an object that is gone, the others are the fence's. */
export type Applied =
  'Written' | 'Unchanged' | 'Missing' | 'Stale' | 'Halted' | 'NotAllowed' | 'NoRoute' | 'Taken'

/** Conflicts in a row after which the attempt is given up, to be made again by whoever asked for it. */
const MOST_CONFLICTS = 20

/**
 * Applies an edit to an object: read, check the fence, render, write, all anew after each conflict. The cached object
 * is good enough to write from, since a write carries its version; that nothing is to be done is only believed of a
 * fresh one.
 */
export async function apply<T extends MeshObject>(
  mesh: MeshAccess,
  ref: MeshRef,
  edit: Edit<T>,
): Promise<Applied> {
  let freshness: Freshness = 'Cached'
  for (let conflicts = 0; conflicts < MOST_CONFLICTS;) {
    const object = await mesh.read(ref, freshness)
    const step = decide(object as T | undefined, edit)
    if (step.write === undefined) {
      if (freshness === 'Fresh') return step.outcome
    } else if (await tryWrite(mesh, step.write)) {
      return 'Written'
    } else {
      conflicts++
    }
    freshness = 'Fresh'
  }
  throw new ConflictError(
    `${ref.kind} ${ref.namespace}/${ref.name} changed ${MOST_CONFLICTS} times while it was written`,
  )
}

type Decision = { readonly write: MeshObject } | { readonly write?: undefined; readonly outcome: Applied }

function decide<T extends MeshObject>(object: T | undefined, edit: Edit<T>): Decision {
  if (object === undefined) return { outcome: 'Missing' }
  const edited: Edited<T> = edit(object)
  if ('refused' in edited) return { outcome: edited.refused }
  return isDeepStrictEqual(edited.object, object) ? { outcome: 'Unchanged' } : { write: edited.object }
}

async function tryWrite(mesh: MeshAccess, object: MeshObject): Promise<boolean> {
  try {
    await mesh.write(object)
    return true
  } catch (error) {
    if (error instanceof ConflictError) return false
    throw error
  }
}
