import { findRoutes } from '../traffic/route.ts'
import type { ServiceHost, VirtualService } from '../traffic/types.ts'
import { faultsIn } from './found.ts'
import type { FoundFault } from './found.ts'

/** Faults that are not ours, in routes that lead to a service: its own users meet them, whichever version answers. */
export function faultsOnRoutes(object: VirtualService, service: ServiceHost): FoundFault[] {
  if (!object.spec.http?.some((route) => route['fault'] !== undefined)) return []
  const leading = new Set(
    findRoutes(object, { service }).map((index) => object.spec.http?.[index]?.name ?? `[${index}]`),
  )
  return faultsIn(object).filter(
    ({ record, routes }) => record === undefined && routes.some((route) => leading.has(route)),
  )
}

/** What is to be told of a fault that somebody else set: it stays, and the canary is not judged by it. */
export function foreignNote({
  namespace,
  virtualService,
  routes,
  does,
  setBy,
  keptBecause,
}: FoundFault): string {
  const who = setBy === undefined ? 'somebody' : setBy
  const why = keptBecause === undefined ? '' : ` (kept because: ${keptBecause})`
  return `route ${routes.join(', ')} of VirtualService ${namespace}/${virtualService} has a fault that ${who} set: ${does}${why}; it is kept, and requests that meet it are not counted`
}
