import { isOurs } from './route.ts'
import type { HttpRoute, RouteDestination, ServiceHost, VirtualService } from './types.ts'

/** How the service's requests in a route are to be divided. */
export interface Split {
  readonly service: ServiceHost
  /** Name of stable's subset. */
  readonly stable: string
  /** Name of the canary's subset; absent: stable is the only destination. */
  readonly canary?: string
  /** Percent of the service's requests that the canary gets, 0–100. */
  readonly weight: number
  /** What our destinations shared before we came; undefined where no weight was written. */
  readonly share: number | undefined
}

/**
 * The VirtualService with one route divided anew. Destinations of other hosts, their weights, the order of
 * destinations, all other routes and all other fields stay as they are. Ours share what they shared before.
 */
export function renderSplit(object: VirtualService, index: number, split: Split): VirtualService {
  const http = (object.spec.http ?? []).map((route, at) =>
    at === index ? { ...route, route: renderDestinations(object, route, split) } : route,
  )
  return { ...object, spec: { ...object.spec, http } }
}

function renderDestinations(object: VirtualService, route: HttpRoute, split: Split): RouteDestination[] {
  const old = route.route ?? []
  const ours = old.filter((entry) => isOurs(object, entry, split.service))
  const model = ours.find((entry) => entry.destination.subset === split.stable) ?? ours[0]
  if (model === undefined) return [...old]
  const at = old.indexOf(ours[0] ?? model)
  const foreign = (entry: RouteDestination) => !ours.includes(entry)
  // Weights are relative: where nobody else has any, whole percents are always expressible.
  const total = ours.length === old.length ? 100 : (split.share ?? 100)
  const rendered = weigh(ours, model, { ...split, total })
  return [...old.slice(0, at).filter(foreign), ...rendered, ...old.slice(at).filter(foreign)]
}

function weigh(
  ours: readonly RouteDestination[],
  model: RouteDestination,
  split: Split & { readonly total: number },
): RouteDestination[] {
  if (split.canary === undefined) return [alone(model, split)]
  const { total } = split
  const canary = canaryWeight(total, split.weight)
  const existing = ours.find((entry) => entry.destination.subset === split.canary)
  return [toSubset(model, split.stable, total - canary), toSubset(existing ?? model, split.canary, canary)]
}

/** Rounded to whole weights, but a canary with weight is never rounded to nothing, nor stable before 100 %. */
function canaryWeight(total: number, percent: number): number {
  if (percent <= 0) return 0
  if (percent >= 100) return total
  return Math.min(Math.max(1, Math.round((total * percent) / 100)), Math.max(0, total - 1))
}

function alone(model: RouteDestination, split: Split): RouteDestination {
  if (split.share !== undefined) return toSubset(model, split.stable, split.share)
  const { weight: _weight, ...bare } = model
  return { ...bare, destination: { ...model.destination, subset: split.stable } }
}

function toSubset(model: RouteDestination, subset: string, weight: number): RouteDestination {
  return { ...model, destination: { ...model.destination, subset }, weight }
}
