import { MARK_ANNOTATION } from '../../../../src/api/names.ts'
import { marksOf } from '../../../../src/core/traffic/mark.ts'
import { sharesOf } from '../../../../src/core/traffic/route.ts'
import type {
  DestinationRule,
  HttpRoute,
  MeshObject,
  VirtualService,
} from '../../../../src/core/traffic/types.ts'
import { KEY, SERVICE } from '../../shop.ts'

/** The managed route, known by a field that is none of ours. */
export function routeOf(object: VirtualService): HttpRoute | undefined {
  return object.spec.http?.find((route) => route['future'] !== undefined)
}

/** Percent of the service's requests in the managed route by subset. */
export function percentsOf(object: VirtualService): Map<string, number> {
  const route = routeOf(object)
  const shares = route === undefined ? [] : sharesOf(object, route, SERVICE)
  return new Map(shares.map(({ subset, percent }) => [subset ?? '', percent]))
}

/** All of an object that is not ours to change. */
export function foreignOf(object: MeshObject): unknown {
  const { resourceVersion: _version, generation: _generation, annotations, ...metadata } = object.metadata
  const { [MARK_ANNOTATION]: _marks, ...others } = annotations ?? {}
  const neighbours = marksOf(object).filter((mark) => mark.rollout !== KEY)
  const spec = object.kind === 'VirtualService' ? foreignRoutes(object) : foreignSubsets(object)
  return { ...object, metadata, annotations: others, neighbours, spec }
}

function foreignRoutes(object: VirtualService): unknown {
  const managed = routeOf(object)
  const http = object.spec.http?.map((route) =>
    route === managed ? { ...route, route: strangersIn(route) } : route,
  )
  return { ...object.spec, http }
}

function strangersIn(route: HttpRoute): unknown {
  return route.route?.filter(({ destination }) => !destination.host.startsWith('reviews'))
}

function foreignSubsets(object: DestinationRule): unknown {
  const { subsets = [], ...rest } = object.spec
  return { ...rest, subsets: subsets.filter((subset) => subset.labels?.['version'] === undefined) }
}
