import { canonicalJson } from '../hash.ts'
import type { TrafficContext } from './context.ts'
import { allManagedRoutes, managedRoutes } from './managed.ts'
import { markOf, rememberedRoute } from './mark.ts'
import { renderSplit } from './render.ts'
import { sharesOf } from './route.ts'
import type { DestinationRule, VirtualService } from './types.ts'

/** Who wrote last, as far as managed fields tell. */
interface ManagedField {
  readonly manager?: string
  readonly time?: string
}

/** What is wrong with the managed route, compared with what the release wrote; undefined when nothing is. */
export type RouteFinding =
  /** Older than the release's own write: a cache that is behind, or an older copy that somebody wrote. */
  | { readonly kind: 'Old'; readonly message: string; readonly by: VirtualService }
  | { readonly kind: 'Overtaken' }
  /** The release is marked as over, by an attempt of its own. */
  | { readonly kind: 'Halted' }
  | { readonly kind: 'Gone' }
  /** `by`: the object as a stranger wrote it; absent when it was an attempt of our own. */
  | { readonly kind: 'Drifted'; readonly message: string; readonly by?: VirtualService }
  /** Our mark is gone, and with it whatever the release wrote. */
  | { readonly kind: 'Stripped'; readonly message: string; readonly by: VirtualService }

/**
 * Compares the managed route with the weight (percent) that the release wrote at `weightSeq`. A stranger's weights are
 * drift, whatever else they wrote; other fields are theirs.
 */
export function inspectRoute(
  object: VirtualService | undefined,
  context: TrafficContext,
  wrote: { readonly weight: number; readonly weightSeq: number },
): RouteFinding | undefined {
  if (object === undefined) return { kind: 'Gone' }
  const mark = markOf(object, context.writer.rollout)
  if (mark === undefined)
    return { kind: 'Stripped', message: `${lastWriter(object)} removed the mark of the release`, by: object }
  if (mark.release !== context.writer.release)
    return mark.seq > wrote.weightSeq ? { kind: 'Overtaken' } : old(object)
  if (mark.seq > context.writer.seq) return { kind: 'Overtaken' }
  if (mark.halted) return { kind: 'Halted' }
  if (mark.seq < wrote.weightSeq) return old(object)
  if (mark.seq > wrote.weightSeq) {
    const message = `an attempt of ours took the weight of ${context.canary.version} and was cut off; it is put back`
    return { kind: 'Drifted', message }
  }
  const indexes = allManagedRoutes(object, context)
  if (indexes.length === 0) return { kind: 'Gone' }
  return driftOf(object, indexes, context, wrote.weight)
}

/** What matters most of what is wrong with several routes. */
export function worstOf(findings: readonly (RouteFinding | undefined)[]): RouteFinding | undefined {
  const found = findings.filter((finding) => finding !== undefined)
  return found.toSorted((a, b) => RANKS.indexOf(a.kind) - RANKS.indexOf(b.kind))[0]
}

const RANKS: readonly RouteFinding['kind'][] = ['Overtaken', 'Gone', 'Halted', 'Stripped', 'Drifted', 'Old']

function old(object: VirtualService): RouteFinding {
  const message = `${lastWriter(object)} wrote an older copy of VirtualService ${object.metadata.name}; the weights are put back`
  return { kind: 'Old', message, by: object }
}

function driftOf(
  object: VirtualService,
  indexes: readonly number[],
  context: TrafficContext,
  weight: number,
): RouteFinding | undefined {
  const mark = markOf(object, context.writer.rollout)
  const rendered = indexes.reduce((result, index, place) => {
    return renderSplit(result, index, {
      service: context.route.service,
      stable: context.stable.subset,
      canary: context.canary.subset,
      weight,
      share: rememberedRoute(mark, object.spec.http?.[index]?.name, place)?.share,
    })
  }, object)
  if (canonicalJson(rendered.spec) === canonicalJson(object.spec)) return undefined
  return { kind: 'Drifted', message: strangersWeights(object, context), by: object }
}

/** Whose weights stand in the managed route, and that they do not stay. */
export function strangersWeights(object: VirtualService, context: TrafficContext): string {
  const found = managedRoutes(object, context).map((index) => describeShares(object, index, context))
  return `${lastWriter(object)} moved the weights of VirtualService ${object.metadata.name} to ${found.join(' and ') || 'nothing'}; they are put back`
}

/** True when the canary's subset is missing, so that its requests would meet nobody. */
export function lacksSubset(rule: DestinationRule | undefined, subset: string): boolean {
  return !rule?.spec.subsets?.some((one) => one.name === subset)
}

function describeShares(object: VirtualService, index: number, context: TrafficContext): string {
  const route = object.spec.http?.[index]
  if (route === undefined) return 'nothing'
  const shares = sharesOf(object, route, context.route.service)
  return shares.map(({ subset, percent }) => `${subset ?? 'no subset'} ${Math.round(percent)} %`).join(', ')
}

/** Name of the field manager that wrote last, for the user to find who did it. */
export function lastWriter(object: VirtualService | DestinationRule): string {
  const fields = (object.metadata['managedFields'] ?? []) as readonly ManagedField[]
  const latest = fields.toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1))[0]
  return latest?.manager ?? 'somebody'
}
