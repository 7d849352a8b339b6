import { faultsIn } from '../../core/faults/found.ts'
import { madeRef } from '../../core/faults/made.ts'
import { faultsOf } from '../../core/faults/record.ts'
import { ofRollout } from '../../core/faults/render.ts'
import { faultTarget } from '../../core/faults/target.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import type { MeshRef, Ports } from '../../ports.ts'

/** What of ours stands for the callers of a host: the fault of this action, or one that an earlier one left. */
export type Standing = 'Own' | 'Earlier' | 'None'

/** Looks where a fault for a host would stand. Another process may have written it a moment ago, so caches are not believed. */
export async function standingFor(ports: Ports, state: ReleaseState, host: string): Promise<Standing> {
  const { namespace } = state.rollout
  const all = ports.mesh.virtualServices()
  const target = faultTarget(host, namespace, all)
  const { metadata } = target.kind === 'Existing' ? target.object : { metadata: madeRef(host, namespace) }
  const ref = { kind: 'VirtualService', namespace: metadata.namespace, name: metadata.name } as const
  const fresh = (await ports.mesh.read(ref, 'Fresh')) as VirtualService | undefined
  if (fresh !== undefined && carriesOwn(fresh, state)) return 'Own'
  const isOurs = ofRollout(state.rollout.uid)
  const isLeft = [...(fresh ? [fresh] : []), ...all].some((object) => faultsOf(object).some(isOurs))
  return isLeft ? 'Earlier' : 'None'
}

/** Does the fault of this action stand in an object? Caches that say no may be behind. */
export async function stands({ mesh }: Ports, state: ReleaseState, ref: MeshRef): Promise<boolean> {
  for (const freshness of ['Cached', 'Fresh'] as const) {
    const object = (await mesh.read(ref, freshness)) as VirtualService | undefined
    if (object !== undefined && carriesOwn(object, state)) return true
  }
  return false
}

/** A record alone is no fault: whoever writes the routes anew, as GitOps tools do, may leave the annotation. */
function carriesOwn(object: VirtualService, { rollout, seq }: ReleaseState): boolean {
  return faultsIn(object).some(
    ({ record, routes }) =>
      record?.release?.uid === rollout.uid && record.release.seq === seq && routes.length > 0,
  )
}
