import { faultsIn } from '../../core/faults/found.ts'
import { madeRef } from '../../core/faults/made.ts'
import { faultsOf } from '../../core/faults/record.ts'
import { ofRollout } from '../../core/faults/render.ts'
import { faultTarget } from '../../core/faults/target.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import type { MeshRef, Ports } from '../../ports.ts'
import { routeRefs } from '../context.ts'
import type { StandingFault } from './inject.ts'

/** What of ours stands for the callers of a host: the fault of this action, or one that an earlier one left. */
export type Standing = 'Own' | 'Earlier' | 'None'

/** Looks where a fault would stand. Another process may have written it a moment ago, so caches are not believed. */
export async function standingFor(ports: Ports, state: ReleaseState, fault: PlannedFault): Promise<Standing> {
  const all = ports.mesh.virtualServices()
  const refs = placesOf(state, fault, all)
  const read = await Promise.all(refs.map(async (ref) => ports.mesh.read(ref, 'Fresh')))
  const fresh = read.filter((object) => object !== undefined) as VirtualService[]
  if (fresh.some((object) => carriesOwn(object, state))) return 'Own'
  const isOurs = ofRollout(state.rollout.uid)
  return [...fresh, ...all].some((object) => faultsOf(object).some(isOurs)) ? 'Earlier' : 'None'
}

function placesOf(
  state: ReleaseState,
  { dependency }: PlannedFault,
  all: readonly VirtualService[],
): MeshRef[] {
  if (dependency === undefined) return routeRefs(state)
  const { namespace } = state.rollout
  const target = faultTarget(dependency, namespace, all)
  const { metadata } =
    target.kind === 'Existing' ? target.object : { metadata: madeRef(dependency, namespace) }
  return [{ kind: 'VirtualService', namespace: metadata.namespace, name: metadata.name }]
}

/**
 * Does the fault of this action stand where it was written? One that is gone somewhere is over: half of the requests would
 * meet it.
 */
export async function stands(
  ports: Ports,
  state: ReleaseState,
  { ref, others = [] }: Pick<StandingFault, 'ref' | 'others'>,
): Promise<boolean> {
  const standing = await Promise.all([ref, ...others].map(async (one) => standsIn(ports, state, one)))
  return standing.every(Boolean)
}

/** Caches that say no may be behind. */
async function standsIn({ mesh }: Ports, state: ReleaseState, ref: MeshRef): Promise<boolean> {
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
