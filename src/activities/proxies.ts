import { desiredWeight } from '../core/machine/state.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import { managedRoutes } from '../core/traffic/managed.ts'
import { avoidSubset, haveWeight, knowSubset, observedWeight } from '../core/traffic/proxies.ts'
import type { ProxyView, TrafficQuestion } from '../core/traffic/proxies.ts'
import { sharesOf } from '../core/traffic/route.ts'
import type { VirtualService } from '../core/traffic/types.ts'
import type { Ports } from '../ports.ts'
import { sidesOf } from '../core/traffic/context.ts'
import { serviceOf, targetsOf } from './context.ts'
import type { Target } from './context.ts'

/** Do all proxies know the subset, with an endpoint that can answer? */
export async function proxiesKnow(ports: Ports, state: ReleaseState, subset: string): Promise<boolean> {
  const views = await viewsOf(ports, state)
  return views.every((view) => knowSubset(view, subset))
}

/** Does no proxy send to the subset any more? */
export async function proxiesAvoid(ports: Ports, state: ReleaseState, subset: string): Promise<boolean> {
  const views = await viewsOf(ports, state)
  return views.every((view) => avoidSubset(view, subset))
}

/** What the proxies were seen to give the canary. */
export interface SeenWeight {
  /** They have what is written in every managed route. */
  readonly arrived: boolean
  /** The largest percentage; absent when no proxy routes for any of the VirtualServices. */
  readonly percent?: number
}

/** Asks the proxies for the canary's weight. Throws when they cannot be asked. */
export async function seenWeight(ports: Ports, state: ReleaseState): Promise<SeenWeight> {
  const routes = targetsOf(state).flatMap((target) =>
    (target.traffic.route.names ?? [undefined]).map((name) => ({ target, name })),
  )
  const seen = await Promise.all(routes.map(async ({ target, name }) => seenIn(ports, state, target, name)))
  // A VirtualService may be for proxies that nobody asks.
  const routing = seen.filter(({ percent }) => percent !== undefined)
  const arrived = routing.length > 0 && routing.every((route) => route.arrived)
  const percents = routing.flatMap(({ percent }) => percent ?? [])
  return { arrived, ...(percents.length > 0 && { percent: Math.max(...percents) }) }
}

async function seenIn(
  ports: Ports,
  state: ReleaseState,
  target: Target,
  name: string | undefined,
): Promise<SeenWeight> {
  const { subset } = sidesOf(state).canary
  const question = { ...questionOf(state, target), ...(name !== undefined && { route: name }) }
  const view = await ports.propagation.look(question)
  const percent = observedWeight(view, subset)
  const arrived = haveWeight(view, subset, await writtenPercent(ports, state, target, name))
  return { arrived, ...(percent !== undefined && { percent }) }
}

/**
 * Percent of the service's requests that a managed route gives the canary, as written: whole weights beside those of
 * other hosts cannot express every percentage.
 */
async function writtenPercent(
  ports: Ports,
  state: ReleaseState,
  { ref, traffic }: Target,
  name: string | undefined,
): Promise<number> {
  const object = (await ports.mesh.read(ref, 'Cached')) as VirtualService | undefined
  const routes = object && managedRoutes(object, traffic).map((index) => object.spec.http?.[index])
  const route = name === undefined ? routes?.[0] : routes?.find((one) => one?.name === name)
  if (object === undefined || route === undefined) return desiredWeight(state)
  const { subset } = traffic.canary
  return sharesOf(object, route, serviceOf(state)).find((share) => share.subset === subset)?.percent ?? 0
}

async function viewsOf(ports: Ports, state: ReleaseState): Promise<ProxyView[]> {
  return Promise.all(
    targetsOf(state).map(async (target) => ports.propagation.look(questionOf(state, target))),
  )
}

/** What the proxies are asked about both versions, in all routes of a VirtualService. */
function questionOf(state: ReleaseState, { ref }: Target): TrafficQuestion {
  const { stable, canary } = sidesOf(state)
  return {
    service: serviceOf(state),
    virtualService: { namespace: ref.namespace, name: ref.name },
    subsets: [stable.subset, canary.subset],
  }
}
