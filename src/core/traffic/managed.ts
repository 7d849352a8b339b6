import type { TrafficContext } from './context.ts'
import { markOf } from './mark.ts'
import { namesSubset } from './references.ts'
import { findRoutes, sharesOf } from './route.ts'
import type { VirtualService } from './types.ts'

/**
 * Indexes of the http routes that a release moves: the named ones, or the only one that leads to the service. If a
 * stranger added another since, it is the one whose name the mark remembers, or that names both versions.
 */
export function managedRoutes(object: VirtualService, context: TrafficContext): number[] {
  const found = findRoutes(object, context.route)
  const { names } = context.route
  if (names !== undefined)
    return names.flatMap((name) => namedRoute(object, found, name) ?? []).toSorted(byPlace)
  if (found.length < 2) return found
  const remembered = markOf(object, context.writer.rollout)?.routes?.[0]?.route
  const one = namedRoute(object, found, remembered) ?? dividedRoutes(object, found, context)[0]
  return one === undefined ? [] : [one]
}

/** The managed routes, if none is missing; else none. */
export function allManagedRoutes(object: VirtualService, context: TrafficContext): number[] {
  const found = managedRoutes(object, context)
  return found.length < routesWanted(context) ? [] : found
}

/** The managed routes, and for those that are missing such as name both versions: a stranger gave them another name. */
export function routesToLower(object: VirtualService, context: TrafficContext): number[] {
  const found = managedRoutes(object, context)
  const missing = routesWanted(context) - found.length
  if (missing <= 0) return found
  const others = findRoutes(object, { service: context.route.service }).filter(
    (index) => !found.includes(index),
  )
  return [...found, ...dividedRoutes(object, others, context).slice(0, missing)].toSorted(byPlace)
}

/** Does the http route name the canary's subset, with or without weight? */
export function namesCanary(object: VirtualService, index: number, context: TrafficContext): boolean {
  return subsetsNamed(object, index, context).has(context.canary.subset)
}

/** Does a managed route name the subset, with or without weight? */
export function isNamedByRoute(object: VirtualService, context: TrafficContext, subset: string): boolean {
  return managedRoutes(object, context).some((index) => subsetsNamed(object, index, context).has(subset))
}

/** Does a route that is not ours go on naming the subset, so that no proxy will ever leave it? */
export function isNamedElsewhere(object: VirtualService, context: TrafficContext, subset: string): boolean {
  return !isNamedByRoute(object, context, subset) && namesSubset(object, context.route.service, subset)
}

const byPlace = (a: number, b: number): number => a - b

function routesWanted({ route }: TrafficContext): number {
  return route.names?.length ?? 1
}

function namedRoute(
  object: VirtualService,
  indexes: readonly number[],
  name: string | undefined,
): number | undefined {
  return name === undefined ? undefined : indexes.find((index) => object.spec.http?.[index]?.name === name)
}

function subsetsNamed(
  object: VirtualService,
  index: number,
  { route: query }: TrafficContext,
): Set<string | undefined> {
  const route = object.spec.http?.[index]
  return new Set(route && sharesOf(object, route, query.service).map(({ subset }) => subset))
}

function dividedRoutes(
  object: VirtualService,
  indexes: readonly number[],
  context: TrafficContext,
): number[] {
  return indexes.filter((index) => {
    const subsets = subsetsNamed(object, index, context)
    return subsets.has(context.stable.subset) && subsets.has(context.canary.subset)
  })
}
