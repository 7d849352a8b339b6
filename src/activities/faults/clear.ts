import { removeFaults } from '../../core/faults/edits.ts'
import { isMade } from '../../core/faults/made.ts'
import { faultsOf } from '../../core/faults/record.ts'
import type { Chosen } from '../../core/faults/render.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import { ConflictError } from '../../ports.ts'
import type { MeshAccess, MeshMaking, MeshRef } from '../../ports.ts'
import { apply } from '../apply.ts'
import type { Applied } from '../apply.ts'

/** What is needed to take a fault out. */
export interface ClearingPorts {
  readonly mesh: MeshAccess
  readonly making: MeshMaking
}

/** What was taken out, for those who tell of it. */
export interface Cleared {
  readonly applied: Applied
  /** The object as it was before; absent where nothing was written. */
  readonly before?: VirtualService
}

/** Conflicts in a row after which the attempt is given up, to be made again by whoever asked for it. */
const MOST_CONFLICTS = 20

/**
 * Takes faults of ours out of a VirtualService, and the whole object where it was made for them. Done twice it is the
 * same as done once; gone counts as done. Throws when the API server does not answer, or refuses.
 */
export async function clearFaults(ports: ClearingPorts, ref: MeshRef, chosen: Chosen): Promise<Applied> {
  const { applied } = await clearChosen(ports, ref, () => chosen)
  return applied
}

/**
 * The same, of faults that are chosen anew from each version of the object that is tried. Of several who do it at once one
 * alone has written.
 */
export async function clearChosen(
  ports: ClearingPorts,
  ref: MeshRef,
  choose: (object: VirtualService) => Chosen,
): Promise<Cleared> {
  const { mesh, making } = ports
  for (let conflicts = 0; ; conflicts++) {
    const object = (await mesh.read(ref, conflicts === 0 ? 'Cached' : 'Fresh')) as VirtualService | undefined
    if (object === undefined || !goesAsAWhole(object, choose(object))) return clearRoutes(mesh, ref, choose)
    try {
      return (await making.remove(object)) ? { applied: 'Written', before: object } : { applied: 'Missing' }
    } catch (error) {
      if (!(error instanceof ConflictError) || conflicts >= MOST_CONFLICTS) throw error
    }
  }
}

async function clearRoutes(
  mesh: MeshAccess,
  ref: MeshRef,
  choose: (object: VirtualService) => Chosen,
): Promise<Cleared> {
  let before: VirtualService | undefined
  const applied = await apply<VirtualService>(mesh, ref, (object) => {
    before = object
    return removeFaults(choose(object))(object)
  })
  return applied === 'Written' && before !== undefined ? { applied, before } : { applied }
}

/** One that is being deleted already may be held by somebody's finalizer: its routes are taken out meanwhile. */
function goesAsAWhole(object: VirtualService, chosen: Chosen): boolean {
  const isGoing = object.metadata['deletionTimestamp'] !== undefined
  return isMade(object) && !isGoing && faultsOf(object).every(chosen)
}
