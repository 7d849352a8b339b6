import type { ObjectRef } from '../../api/names.ts'
import type { Plan, PlannedVirtualService } from '../plan.ts'
import type { RouteQuery } from '../traffic/route.ts'

/** Where the spec names a VirtualService, for messages. */
export function fieldOf(index: number): string {
  return `spec.traffic.existing.virtualServices[${index}]`
}

/** The VirtualService that a plan means; without a namespace that of the Rollout. */
export function refOfPlanned({ namespace, name }: PlannedVirtualService, rollout: ObjectRef): ObjectRef {
  return { namespace: namespace ?? rollout.namespace, name }
}

/** The VirtualServices of a plan, for messages. */
export function describePlanned({ virtualServices }: Pick<Plan, 'virtualServices'>): string {
  const names = virtualServices.map(({ namespace, name }) => (namespace ? `${namespace}/${name}` : name))
  return names.length > 1 ? `one of VirtualServices ${names.join(', ')}` : `VirtualService ${names[0] ?? '?'}`
}

/** The routes that a plan means in one of its VirtualServices. */
export function queryOf(
  plan: Pick<Plan, 'service'>,
  { routes }: PlannedVirtualService,
  rollout: ObjectRef,
): RouteQuery {
  return { service: { namespace: rollout.namespace, name: plan.service }, names: routes }
}
