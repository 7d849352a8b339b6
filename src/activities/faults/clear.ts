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

/** Conflicts in a row after which the attempt is given up, to be made again by whoever asked for it. */
const MOST_CONFLICTS = 20

/**
 * Takes faults of ours out of a VirtualService, and the whole object where it was made for them. Done twice it is the
 * same as done once; gone counts as done. Throws when the API server does not answer, or refuses.
 */
export async function clearFaults(
  { mesh, making }: ClearingPorts,
  ref: MeshRef,
  chosen: Chosen,
): Promise<Applied> {
  for (let conflicts = 0; ; conflicts++) {
    const object = (await mesh.read(ref, conflicts === 0 ? 'Cached' : 'Fresh')) as VirtualService | undefined
    if (object === undefined || !isMade(object) || faultsOf(object).some((record) => !chosen(record)))
      return apply(mesh, ref, removeFaults(chosen))
    try {
      await making.remove(object)
      return 'Written'
    } catch (error) {
      if (!(error instanceof ConflictError) || conflicts >= MOST_CONFLICTS) throw error
    }
  }
}
