import { isDeepStrictEqual } from 'node:util'
import { MARK_ANNOTATION } from '../../../src/api/names.ts'
import type {
  DestinationRule,
  HttpRoute,
  MeshObject,
  VirtualService,
} from '../../../src/core/traffic/types.ts'

/**
 * All of an object that is not Sluice's, as text. Read here on its own, so that Sluice does not vouch for itself.
 * @param routes names of the managed http routes
 * @param hosts how destinations of the service are written
 */
export function foreignText(object: MeshObject, routes: readonly string[], hosts: readonly string[]): string {
  const { apiVersion, kind, metadata, spec } = object
  const { [MARK_ANNOTATION]: _mark, ...annotations } = metadata.annotations ?? {}
  const { resourceVersion: _version, managedFields: _managers, generation: _generation, ...rest } = metadata
  const kept = {
    ...spec,
    ...(kind === 'VirtualService' && {
      http: object.spec.http?.map((route) => foreignRoute(route, routes, hosts)),
    }),
    ...(kind === 'DestinationRule' && { subsets: 'ours and theirs, see policiesOf' }),
  }
  return JSON.stringify({ apiVersion, kind, metadata: { ...rest, annotations }, spec: kept })
}

/** Of our destinations all but subset and weight stays: those that differ in nothing else are one. */
function foreignRoute(route: HttpRoute, routes: readonly string[], hosts: readonly string[]): unknown {
  if (!routes.includes(route.name ?? '')) return route
  const entries = (route.route ?? []).map((entry) => {
    if (!hosts.includes(entry.destination.host)) return entry
    const { weight: _weight, destination, ...others } = entry
    const { subset: _subset, ...place } = destination
    return { ...others, destination: place }
  })
  const distinct = entries.filter((entry, place) => !isDeepStrictEqual(entry, entries[place - 1]))
  return { ...route, route: distinct }
}

/** What each subset has beside its name and the version that it selects. */
export function policiesOf({ spec }: DestinationRule): unknown[] {
  return (spec.subsets ?? []).map(({ name: _name, labels, ...policies }) => {
    const { version: _version, ...others } = labels ?? {}
    return { labels: others, ...policies }
  })
}

/** Subset (or host, of another service) and weight of the destinations of a route. */
export function sharesOf({ spec }: VirtualService, name: string): [string, number | undefined][] {
  const route = spec.http?.find((one) => one.name === name)?.route ?? []
  return route.map(({ destination, weight }) => [destination.subset ?? destination.host, weight])
}
