import { isFaultRoute } from '../faults/copies.ts'
import { meansService } from './hosts.ts'
import type { HttpRoute, RouteDestination, ServiceHost, VirtualService } from './types.ts'

/** Which http routes of a VirtualService are managed: by name, or the only one that leads to the service. */
export interface RouteQuery {
  readonly service: ServiceHost
  readonly names?: readonly string[] | undefined
}

/** One of our destinations and the share of the service's requests in the route that it gets, in percent. */
export interface SubsetShare {
  readonly subset: string | undefined
  readonly percent: number
}

/**
 * Indexes of the http routes that lead to the service, restricted to the named ones where names are given. Copies of ours
 * that carry a fault are none: they follow the routes that they are of.
 */
export function findRoutes(object: VirtualService, query: RouteQuery): number[] {
  const routes = object.spec.http ?? []
  return routes.flatMap((route, index) => {
    const wanted = query.names === undefined || query.names.includes(route.name ?? '')
    return wanted && !isFaultRoute(route) && leadsToService(object, route, query.service) ? [index] : []
  })
}

/** True when a route has a destination that means the service. */
function leadsToService(object: VirtualService, route: HttpRoute, service: ServiceHost): boolean {
  return (route.route ?? []).some((destination) => isOurs(object, destination, service))
}

/** True when a destination of a VirtualService means the service. */
export function isOurs(object: VirtualService, entry: RouteDestination, service: ServiceHost): boolean {
  return meansService(entry.destination.host, object.metadata.namespace, service)
}

/** Name of a route for marks; where it has none its place among those that are no copies of ours, which come and go. */
export function routeKey({ spec }: VirtualService, index: number): string {
  const routes = spec.http ?? []
  const copies = routes.slice(0, index).filter(isFaultRoute).length
  return routes[index]?.name ?? String(index - copies)
}

/** How a route divides the service's requests over subsets; entries of one subset are added up. */
export function sharesOf(object: VirtualService, route: HttpRoute, service: ServiceHost): SubsetShare[] {
  const ours = (route.route ?? []).filter((entry) => isOurs(object, entry, service))
  const weights = new Map<string | undefined, number>()
  for (const entry of ours) {
    const weight = entry.weight ?? (ours.length === 1 ? 100 : 0)
    weights.set(entry.destination.subset, (weights.get(entry.destination.subset) ?? 0) + weight)
  }
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0)
  return [...weights].map(([subset, weight]) => ({ subset, percent: sum === 0 ? 0 : (100 * weight) / sum }))
}

/** Subsets of the service that get requests in managed routes; undefined stands for all of its pods. */
export function subsetsInUse(object: VirtualService, query: RouteQuery): (string | undefined)[] {
  const shares = findRoutes(object, query).flatMap((index) => {
    const route = object.spec.http?.[index]
    return route === undefined ? [] : sharesOf(object, route, query.service)
  })
  return shares.filter(({ percent }) => percent > 0).map(({ subset }) => subset)
}

/** Names of the service's subsets in http routes, those with the largest shares first. */
export function subsetsNamed(
  routes: readonly { readonly virtualService: VirtualService; readonly route: HttpRoute }[],
  service: ServiceHost,
): string[] {
  const shares = routes.flatMap(({ virtualService, route }) => sharesOf(virtualService, route, service))
  return shares.toSorted((a, b) => b.percent - a.percent).flatMap(({ subset }) => subset ?? [])
}

/** What our destinations share in a route: the sum of their weights; undefined where none is written. */
export function shareOf(object: VirtualService, route: HttpRoute, service: ServiceHost): number | undefined {
  const ours = (route.route ?? []).filter((entry) => isOurs(object, entry, service))
  if (ours.every((entry) => entry.weight === undefined)) return undefined
  return ours.reduce((total, entry) => total + (entry.weight ?? 0), 0)
}
