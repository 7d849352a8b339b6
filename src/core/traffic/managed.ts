import type { TrafficContext } from './context.ts'
import { markOf } from './mark.ts'
import { namesSubset } from './references.ts'
import { findRoutes, sharesOf } from './route.ts'
import type { VirtualService } from './types.ts'

/**
 * Index of the http route that a release moves: the named one, or the only one that leads to the service. If a stranger
 * added another since, it is the one whose name the mark remembers, or that names both versions.
 */
export function managedRoute(object: VirtualService, context: TrafficContext): number | undefined {
  const found = findRoutes(object, context.route)
  if (found.length < 2) return found[0]
  const remembered = markOf(object, context.writer.rollout)?.route
  const byName = found.find((index) => object.spec.http?.[index]?.name === remembered)
  return byName ?? dividedRoute(object, found, context)
}

/** The managed route after a stranger gave it another name: it names both versions. */
export function renamedRoute(object: VirtualService, context: TrafficContext): number | undefined {
  return dividedRoute(object, findRoutes(object, { service: context.route.service }), context)
}

/** Does the http route name the canary's subset, with or without weight? */
export function namesCanary(object: VirtualService, index: number, context: TrafficContext): boolean {
  return names(object, index, context).has(context.canary.subset)
}

/** Does the managed route name the subset, with or without weight? */
export function isNamedByRoute(object: VirtualService, context: TrafficContext, subset: string): boolean {
  const index = managedRoute(object, context)
  return index !== undefined && names(object, index, context).has(subset)
}

/** Does a route that is not ours go on naming the subset, so that no proxy will ever leave it? */
export function isNamedElsewhere(object: VirtualService, context: TrafficContext, subset: string): boolean {
  return !isNamedByRoute(object, context, subset) && namesSubset(object, context.route.service, subset)
}

function names(
  object: VirtualService,
  index: number,
  { route: query }: TrafficContext,
): Set<string | undefined> {
  const route = object.spec.http?.[index]
  return new Set(route && sharesOf(object, route, query.service).map(({ subset }) => subset))
}

function dividedRoute(
  object: VirtualService,
  indexes: readonly number[],
  context: TrafficContext,
): number | undefined {
  return indexes.find((index) => {
    const subsets = names(object, index, context)
    return subsets.has(context.stable.subset) && subsets.has(context.canary.subset)
  })
}
