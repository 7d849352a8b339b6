import { keyOf } from '../api/names.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import type { WriteRefusal } from '../core/policy/scene.ts'
import { addSubset, claimRoute, promoteCanary, raiseWeight } from '../core/traffic/edits.ts'
import type { Edit } from '../core/traffic/edits.ts'
import type { TrafficContext } from '../core/traffic/context.ts'
import type { MeshObject, VirtualService } from '../core/traffic/types.ts'
import { ConflictError, RefusedError } from '../ports.ts'
import type { MeshRef, Ports } from '../ports.ts'
import { releaseOf } from '../core/traffic/context.ts'
import { ruleRef, targetsOf } from './context.ts'

/**
 * Asks the API server whether it would take the first writes of a release: claim and weight in each VirtualService, the
 * canary's subset in the DestinationRule. One request an object; nothing is changed. Throws what else goes wrong.
 * @param state as preflight cleared it
 */
export async function rehearse(ports: Ports, state: ReleaseState): Promise<WriteRefusal[]> {
  const rule: Edit<MeshObject> = addSubset(releaseOf(state), state.plan.versionLabel) as Edit<MeshObject>
  const rehearsals = [
    ...targetsOf(state).map(({ ref, traffic }) => ({
      ref,
      edit: firstWeight(state, traffic) as Edit<MeshObject>,
    })),
    { ref: ruleRef(state), edit: rule },
  ]
  const refusals = await Promise.all(rehearsals.map(async ({ ref, edit }) => refusalOf(ports, ref, edit)))
  return refusals.flatMap((refusal) => refusal ?? [])
}

/** Both writes of the beginning in one: what is said of the one with a weight is said of the claim, too. */
function firstWeight(state: ReleaseState, traffic: TrafficContext): Edit<VirtualService> {
  const [step] = state.plan.steps
  const next = state.direct === undefined ? raiseWeight(traffic, step?.weight ?? 0) : promoteCanary(traffic)
  return (object) => {
    const claimed = claimRoute(traffic)(object)
    return 'refused' in claimed ? claimed : next(claimed.object)
  }
}

async function refusalOf(
  ports: Ports,
  ref: MeshRef,
  edit: Edit<MeshObject>,
): Promise<WriteRefusal | undefined> {
  const object = await ports.mesh.read(ref, 'Cached')
  const edited = object && edit(object)
  if (edited === undefined || 'refused' in edited) return undefined
  try {
    await ports.mesh.rehearse(edited.object)
  } catch (error) {
    if (error instanceof RefusedError) return { object: `${ref.kind} ${keyOf(ref)}`, problem: error.message }
    // Somebody wrote meanwhile: the release itself reads again.
    if (!(error instanceof ConflictError)) throw error
  }
  return undefined
}
