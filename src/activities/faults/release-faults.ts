import { keyOf } from '../../api/names.ts'
import { madeRef } from '../../core/faults/made.ts'
import { faultsOf } from '../../core/faults/record.ts'
import { ofRollout } from '../../core/faults/render.ts'
import { faultTarget } from '../../core/faults/target.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { MeshRef, Ports } from '../../ports.ts'
import { routeRefs } from '../context.ts'
import { clearFaults } from './clear.ts'

/**
 * Takes all faults of a Rollout's releases out of the mesh, wherever they stand. Throws, after all were tried, while one
 * cannot be written; what is gone counts as done.
 */
export async function clearReleaseFaults(ports: Ports, state: ReleaseState): Promise<void> {
  const chosen = ofRollout(state.rollout.uid)
  const refs = [
    ...new Map(
      [...standing(ports, state), ...planned(ports, state)].map((ref) => [keyOf(ref), ref]),
    ).values(),
  ]
  const results = await Promise.allSettled(refs.map(async (ref) => clearFaults(ports, ref, chosen)))
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  )
  if (failures.length > 0)
    throw new AggregateError(failures, `faults stand still: ${failures.map(String).join('; ')}`)
}

/** Where caches show a fault of the Rollout. */
function standing({ mesh }: Ports, { rollout }: ReleaseState): MeshRef[] {
  const chosen = ofRollout(rollout.uid)
  return mesh
    .virtualServices()
    .filter((object) => faultsOf(object).some(chosen))
    .map(({ metadata }) => refTo(metadata))
}

/** Where a probe of the release would have written: a cache may not show yet what was written a moment ago. */
function planned({ mesh }: Ports, state: ReleaseState): MeshRef[] {
  const { rollout, plan } = state
  const all = plan.faults === undefined ? [] : mesh.virtualServices()
  return (plan.faults ?? []).flatMap(({ dependency }) => {
    if (dependency === undefined) return routeRefs(state)
    const target = faultTarget(dependency, rollout.namespace, all)
    const existing = target.kind === 'Existing' ? [refTo(target.object.metadata)] : []
    return [...existing, refTo(madeRef(dependency, rollout.namespace))]
  })
}

function refTo({ namespace, name }: { readonly namespace: string; readonly name: string }): MeshRef {
  return { kind: 'VirtualService', namespace, name }
}
