import type { ReleaseState } from '../core/machine/state.ts'
import { managedRoutes } from '../core/traffic/managed.ts'
import { sharesOf } from '../core/traffic/route.ts'
import type { VirtualService } from '../core/traffic/types.ts'
import type { Ports } from '../ports.ts'
import { serviceOf, targetsOf } from './context.ts'
import type { Target } from './context.ts'

/** Does any managed route give the canary weight, as it is written now? */
export async function canaryHasWeight(ports: Ports, state: ReleaseState): Promise<boolean> {
  const weights = await Promise.all(targetsOf(state).map(async (target) => weightIn(ports, state, target)))
  return weights.some((weight) => weight > 0)
}

async function weightIn(ports: Ports, state: ReleaseState, { ref, traffic }: Target): Promise<number> {
  const object = (await ports.mesh.read(ref, 'Cached')) as VirtualService | undefined
  if (object === undefined) return 0
  const shares = managedRoutes(object, traffic).flatMap((index) => {
    const route = object.spec.http?.[index]
    return route === undefined ? [] : sharesOf(object, route, serviceOf(state))
  })
  const own = shares.filter(({ subset }) => subset === traffic.canary.subset)
  return Math.max(0, ...own.map(({ percent }) => percent))
}
