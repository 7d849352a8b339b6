import type { ReleaseContext, TrafficContext } from './context.ts'
import { refuseClaim, refuseForeign, refuseLower, refuseRaise, refuseUntouched } from './fence.ts'
import { withoutFaultsOf } from '../faults/render.ts'
import type { Refusal, Writer } from './fence.ts'
import { isGenerated } from './generated.ts'
import { allManagedRoutes, namesCanary, routesToLower } from './managed.ts'
import { markOf, rememberedRoute, withMark } from './mark.ts'
import type { Mark, MarkedRoute } from './mark.ts'
import { renderSplit } from './render.ts'
import { routeKey, shareOf } from './route.ts'
import { findSubset, withSubset, withoutSubset } from './subsets.ts'
import type { DestinationRule, MeshObject, Subset, VirtualService } from './types.ts'

/**
 * Every change that Sluice makes to an Istio object, as a pure function of the object as it is now. Done twice, each is
 * the same as done once; after a conflict it is computed again from the object as somebody else left it.
 */
export type Edit<T extends MeshObject> = (object: T) => Edited<T>
export type Edited<T> = { readonly object: T } | { readonly refused: Refusal | 'NoRoute' | 'Taken' }

/**
 * Takes hold of a VirtualService: mark only. In an object that the release holds already the canary gets weight 0: a
 * delayed attempt of ours may have raised it for pods that are gone.
 */
export function claimRoute(context: TrafficContext): Edit<VirtualService> {
  return (object) => {
    const old = markOf(object, context.writer.rollout)
    if (!isOwn(old, context.writer)) return reclaimRoute(context)(object)
    const refused = refuseForeign(object, context.writer) ?? refuseClaim(old, context.writer)
    if (refused) return { refused }
    const indexes = allManagedRoutes(object, context)
    const canary = indexes.some((index) => namesCanary(object, index, context))
    return split(object, indexes, context, { weight: 0, canary })
  }
}

/**
 * Takes hold again of a VirtualService that a stranger replaced: mark only, no weight is touched. A mark of the release
 * that stands tells what the release wrote there last, and stays.
 */
export function reclaimRoute(context: TrafficContext): Edit<VirtualService> {
  return (object) => {
    const old = markOf(object, context.writer.rollout)
    const refused = refuseForeign(object, context.writer) ?? refuseClaim(old, context.writer)
    if (refused) return { refused }
    if (isOwn(old, context.writer)) return { object }
    const indexes = allManagedRoutes(object, context)
    if (indexes.length === 0) return { refused: 'NoRoute' }
    return { object: mark(object, context, markFor(object, indexes, context, { weight: 0 })) }
  }
}

/** Gives the canary a weight (percent). */
export function raiseWeight(context: TrafficContext, weight: number): Edit<VirtualService> {
  return (object) => {
    const refused =
      refuseForeign(object, context.writer) ??
      refuseRaise(markOf(object, context.writer.rollout), context.writer)
    if (refused) return { refused }
    return split(object, allManagedRoutes(object, context), context, { weight, canary: true })
  }
}

/**
 * Takes all weight from the canary and un-names it, so that the route is what it was. `halt` marks the release as
 * failed or aborted, so that nothing of ours raises it again. Refused where nothing of ours stands and the object is not
 * ours to touch.
 */
export function lowerWeight(context: TrafficContext, halt: boolean): Edit<VirtualService> {
  return (object) => {
    const { rollout } = context.writer
    const old = markOf(object, rollout)
    const refused = refuseLower(old, context.writer)
    if (refused) return { refused }
    const indexes = routesToLower(object, context)
    const isRaised = indexes.some((index) => namesCanary(object, index, context))
    const untouched = isRaised ? undefined : refuseUntouched(object, context.writer)
    if (untouched) return { refused: untouched }
    const lowered = split(object, indexes, context, { weight: 0, canary: false, halt })
    // Where no mark stands, only a claim may set one that lets weights be raised.
    if (old !== undefined || halt || 'refused' in lowered) return lowered
    return { object: withMark(lowered.object, rollout, undefined) }
  }
}

/** Marks the release as failed or aborted, and leaves the weights for now: nothing of ours raises them again. */
export function haltRoute(context: TrafficContext): Edit<VirtualService> {
  return (object) => {
    const old = markOf(object, context.writer.rollout)
    const refused = refuseLower(old, context.writer)
    if (refused) return { refused }
    if (old === undefined) return { object }
    return { object: mark(object, context, { ...old, seq: context.writer.seq, halted: true }) }
  }
}

/** Makes the canary the only destination: the final route of a promotion. */
export function promoteCanary(context: TrafficContext): Edit<VirtualService> {
  return (object) => {
    const refused =
      refuseForeign(object, context.writer) ??
      refuseRaise(markOf(object, context.writer.rollout), context.writer)
    if (refused) return { refused }
    const swapped = { ...context, stable: context.canary }
    return split(object, allManagedRoutes(object, context), swapped, { weight: 0, canary: false })
  }
}

/**
 * Adds the canary's subset after stable's image, if it is not there yet; ours are listed in the mark. A
 * stable subset that somebody took away comes back, like any other of the service, since what it was is gone.
 */
export function addSubset(context: ReleaseContext, versionLabel: string): Edit<DestinationRule> {
  return (object) => {
    const old = markOf(object, context.writer.rollout)
    const refused = refuseClaim(old, context.writer)
    if (refused) return { refused }
    const missing = [context.stable, context.canary].filter(
      ({ version, subset }) => findSubset(object, versionLabel, version, [subset])?.name !== subset,
    )
    const added = missing.reduce((rule, { subset, version }) => {
      const like = likeFor(rule, versionLabel, context)
      return withSubset(rule, like, { name: subset, versionLabel, version })
    }, object)
    const mine = old?.uid === context.writer.uid ? (old.subsets ?? []) : []
    const subsets = [...new Set([...mine, ...missing.map(({ subset }) => subset)])]
    return { object: mark(added, context, { ...base(context), ...(subsets.length > 0 && { subsets }) }) }
  }
}

function likeFor(rule: DestinationRule, versionLabel: string, { stable }: ReleaseContext): Subset {
  const other = rule.spec.subsets?.find(({ labels }) => labels?.[versionLabel] !== undefined)
  return findSubset(rule, versionLabel, stable.version, [stable.subset]) ?? other ?? { name: stable.subset }
}

/**
 * Ends a release in the DestinationRule: removes the subset that is left over, where there is one. `onlyIfOurs`: one
 * that stood there before the release stays (rollback); else it goes (retirement).
 */
export function settleRule(
  context: ReleaseContext,
  leaves: { readonly subset: string; readonly onlyIfOurs: boolean } | undefined,
): Edit<DestinationRule> {
  return (object) => {
    const old = markOf(object, context.writer.rollout)
    const refused = refuseLower(old, context.writer)
    if (refused) return { refused }
    const mine = old?.subsets ?? []
    const goes = leaves !== undefined && (!leaves.onlyIfOurs || mine.includes(leaves.subset))
    const pruned = goes ? withoutSubset(object, leaves.subset) : object
    const subsets = mine.filter((name) => pruned.spec.subsets?.some((subset) => subset.name === name))
    return { object: mark(pruned, context, { ...base(context), ...(subsets.length > 0 && { subsets }) }) }
  }
}

/** Ends a rolled back release in the VirtualService: the mark names no canary any more, and its sequence stays. */
export function settleRoute(context: TrafficContext): Edit<VirtualService> {
  return (object) => {
    const old = markOf(object, context.writer.rollout)
    const refused = refuseLower(old, context.writer) ?? refuseUntouched(object, context.writer)
    if (refused) return { refused }
    const { routes } = old ?? {}
    const { failed } = context
    const next = { ...base(context), ...(routes && { routes }), ...(failed && { failed }) }
    return { object: mark(object, context, next) }
  }
}

/** Takes our mark away: the Rollout goes. What Sluice made keeps it: that is removed in order, see core/traffic/generated. */
export function forget<T extends MeshObject>(writer: Writer): Edit<T> {
  return (object) => {
    const old = markOf(object, writer.rollout)
    const refused = refuseLower(old, writer)
    if (isGenerated(object, writer.rollout)) return { object }
    return refused ? { refused } : { object: withMark(object, writer.rollout, undefined) }
  }
}

/** Takes the mark of a Rollout away that is gone; not one of a release that was never ended, which tells of its traces. */
export function forgetIdle<T extends MeshObject>(rollout: string): Edit<T> {
  return (object) => {
    const old = markOf(object, rollout)
    const unfinished = old?.canary !== undefined
    if (isGenerated(object, rollout)) return { object }
    return unfinished ? { refused: 'Halted' } : { object: withMark(object, rollout, undefined) }
  }
}

function split(
  object: VirtualService,
  indexes: readonly number[],
  context: TrafficContext,
  want: { weight: number; canary: boolean; halt?: boolean },
): Edited<VirtualService> {
  if (indexes.length === 0) return { refused: 'NoRoute' }
  const next = markFor(object, indexes, context, want)
  const rendered = indexes.reduce((result, index, place) => {
    return renderSplit(result, index, {
      service: context.route.service,
      stable: context.stable.subset,
      ...(want.canary && { canary: context.canary.subset }),
      weight: want.weight,
      share: next.routes?.[place]?.share,
    })
  }, object)
  // Whoever moves the weights of a release ends its probes, and probes of others follow.
  return { object: mark(withoutFaultsOf(rendered, context.writer.uid), context, next) }
}

function markFor(
  object: VirtualService,
  indexes: readonly number[],
  context: TrafficContext,
  want: { weight: number; halt?: boolean },
): Mark {
  const old = markOf(object, context.writer.rollout)
  const routes = indexes.map((index, place) => markedRoute(object, index, context, { old, place }))
  const halted = want.halt === true || isHalted(old, context.writer)
  const { canary, ...settled } = base(context)
  const { failed } = context
  return {
    ...settled,
    weight: want.weight,
    routes,
    ...(failed && { failed }),
    ...(halted ? { halted } : canary !== undefined && { canary }),
  }
}

/** The share is remembered from our first touch: while a canary is named, the route holds weights of our own. */
function markedRoute(
  object: VirtualService,
  index: number,
  context: TrafficContext,
  { old, place }: { old: Mark | undefined; place: number },
): MarkedRoute {
  const route = object.spec.http?.[index]
  const share =
    old?.canary === undefined
      ? route && shareOf(object, route, context.route.service)
      : rememberedRoute(old, route?.name, place)?.share
  return { route: routeKey(object, index), ...(share !== undefined && { share }) }
}

function isHalted(old: Mark | undefined, writer: Writer): boolean {
  return isOwn(old, writer) && old?.halted === true
}

function isOwn(old: Mark | undefined, writer: Writer): boolean {
  return old?.release === writer.release && old.uid === writer.uid
}

function base(context: ReleaseContext): Mark {
  const done = context.stable.version === context.canary.version
  return {
    rollout: context.writer.rollout,
    uid: context.writer.uid,
    release: context.writer.release,
    seq: context.writer.seq,
    stable: context.stable.version,
    ...(!done && { canary: context.canary.version }),
  }
}

function mark<T extends MeshObject>(object: T, context: ReleaseContext, next: Mark): T {
  const { rollout } = context.writer
  return withMark(object, rollout, isGenerated(object, rollout) ? { ...next, generated: true } : next)
}
