import { meansService, resolveHost } from './hosts.ts'
import type { RouteDestination, ServiceHost, VirtualService } from './types.ts'

/** True when any route of a VirtualService, http, tcp or tls, or a mirror of one, names the subset of the service. */
export function namesSubset(object: VirtualService, service: ServiceHost, subset: string): boolean {
  const { namespace } = object.metadata
  return destinationsOf(object).some(
    ({ destination }) => destination.subset === subset && meansService(destination.host, namespace, service),
  )
}

/** All subsets that its routes and mirrors name, with the full hosts that these stand for. */
export function subsetsNamed(object: VirtualService): { readonly host: string; readonly subset: string }[] {
  const { namespace } = object.metadata
  return destinationsOf(object).flatMap(({ destination: { host, subset } }) =>
    subset === undefined ? [] : [{ host: resolveHost(host, namespace), subset }],
  )
}

function destinationsOf(object: VirtualService): RouteDestination[] {
  const routes = ['http', 'tcp', 'tls'].flatMap((kind) => listOf(object.spec[kind]))
  return routes.flatMap((route) => [
    ...listOf(route['route']),
    ...listOf(route['mirrors']),
    ...(route['mirror'] === undefined ? [] : [{ destination: route['mirror'] }]),
  ]) as unknown as RouteDestination[]
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value : []
}
