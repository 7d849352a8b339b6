import { canonicalJson } from '../hash.ts'
import { followFaults } from '../faults/render.ts'
import type { TrafficContext } from './context.ts'
import type { Edit } from './edits.ts'
import { refuseForeign, refuseLower } from './fence.ts'
import { allManagedRoutes } from './managed.ts'
import { markOf, withMark } from './mark.ts'
import type { Mark } from './mark.ts'
import { renderSplit } from './render.ts'
import { findRoutes, routeKey, shareOf, sharesOf } from './route.ts'
import { findSubset, subsetName, withSubset } from './subsets.ts'
import type { DestinationRule, VirtualService } from './types.ts'

/**
 * Gives stable all of the managed routes between releases, where a stranger moved them. In the name of `mark`, the last
 * of ours: nothing that a release claimed meanwhile is touched.
 */
export function keepRoute(context: TrafficContext, mark: Mark): Edit<VirtualService> {
  return (object) => {
    const old = markOf(object, context.writer.rollout)
    const refused = refuseForeign(object, context.writer) ?? refuseRest(old, context)
    if (refused) return { refused }
    const indexes = allManagedRoutes(object, context)
    if (indexes.length === 0) return { refused: 'NoRoute' }
    const { service } = context.route
    const shares = indexes.map((index) => {
      const route = object.spec.http?.[index]
      return { index, route: routeKey(object, index), share: route && shareOf(object, route, service) }
    })
    const kept = shares.reduce((result, { index, share }) => {
      return renderSplit(result, index, { service, stable: context.stable.subset, weight: 0, share })
    }, object)
    if (canonicalJson(kept.spec) === canonicalJson(object.spec)) return { object }
    const routes = shares.map(({ route, share }) => ({ route, ...(share !== undefined && { share }) }))
    const { subsets: _subsets, ...rest } = old ?? mark
    return { object: withMark(followFaults(kept), context.writer.rollout, { ...rest, routes }) }
  }
}

/** A release that claimed the object meanwhile is not disturbed. */
function refuseRest(old: Mark | undefined, { writer }: TrafficContext): 'Stale' | undefined {
  if (old?.canary !== undefined) return 'Stale'
  return refuseLower(old, writer) === undefined ? undefined : 'Stale'
}

/** The version that users have, the one before it while the way back is open, and the latest mark of ours. */
interface Resting {
  readonly version: string
  readonly former?: string
  readonly mark: Mark
}

/**
 * Adds the subset that the final route names, where a stranger took it out of the DestinationRule: without it every
 * request fails. It is like another one of the service, since what it was is gone.
 */
export function keepSubset(
  side: { readonly version: string; readonly subset: string },
  versionLabel: string,
  rest: Resting,
): Edit<DestinationRule> {
  const { mark } = rest
  return (object) => {
    const old = markOf(object, mark.rollout)
    if (isClaimed(old, rest)) return { refused: 'Stale' }
    if (findSubset(object, versionLabel, side.version) !== undefined) return { object }
    const like = object.spec.subsets?.find((subset) => subset.labels?.[versionLabel] !== undefined)
    const added = withSubset(object, like ?? { name: side.subset }, {
      name: side.subset,
      versionLabel,
      version: side.version,
    })
    const { routes: _routes, ...kept } = old ?? mark
    const subsets = [...(old?.subsets ?? []), side.subset]
    return { object: withMark(added, mark.rollout, { ...kept, subsets }) }
  }
}

/** Does another release hold the DestinationRule? One that is over and not retired, promoted or gone back from, does not. */
function isClaimed(mark: Mark | undefined, { version, former }: Resting): boolean {
  if (mark?.canary === undefined || mark.halted) return mark?.halted === true
  const isGoneBackFrom = mark.stable === version && mark.canary === former
  return mark.canary !== version && !isGoneBackFrom
}

/**
 * Name of the subset of the version that users have: that of the DestinationRule, of several the one that a managed route
 * names; or where it was taken out of it, the one that a managed route goes on naming.
 */
export function restingSubset(
  rule: DestinationRule,
  about: { readonly version: string; readonly versionLabel: string },
  routes: readonly {
    readonly object: VirtualService
    readonly context: Pick<TrafficContext, 'route' | 'writer'>
  }[],
): string {
  const shares = routes
    .flatMap(({ object, context }) =>
      findRoutes(object, context.route).flatMap((index) => {
        const route = object.spec.http?.[index]
        return route === undefined ? [] : sharesOf(object, route, context.route.service)
      }),
    )
    .toSorted((a, b) => b.percent - a.percent)
  const named = shares.flatMap(({ subset }) => subset ?? [])
  const present = findSubset(rule, about.versionLabel, about.version, named)
  if (present !== undefined) return present.name
  const known = new Set(rule.spec.subsets?.map(({ name }) => name))
  const lost = shares.find(
    ({ subset, percent }) => percent === 100 && subset !== undefined && !known.has(subset),
  )
  return lost?.subset ?? subsetName(about.version)
}
