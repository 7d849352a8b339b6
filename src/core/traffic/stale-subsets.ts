import { contentHash } from '../hash.ts'
import type { Edit } from './edits.ts'
import { resolveHost, serviceOfHost } from './hosts.ts'
import { marksOf, withMark } from './mark.ts'
import { subsetsNamed } from './references.ts'
import { withoutSubset } from './subsets.ts'
import type { DestinationRule, ServiceHost, Subset, VirtualService } from './types.ts'

/** A subset that nobody has a use for. */
export interface StaleSubset {
  /** Tells it from all others of the mesh. */
  readonly id: string
  readonly object: DestinationRule
  readonly subset: string
  readonly service: ServiceHost
  /** The Rollout (`namespace/name`) whose release added it and is over; absent: it is not ours. */
  readonly leftBy?: string
}

/** What decides whether a subset has a use. */
export interface SubsetScene {
  readonly virtualServices: readonly VirtualService[]
  readonly destinationRules: readonly DestinationRule[]
  /** Has a Service pods with these labels? Undefined where nobody can tell. */
  hasPods(service: ServiceHost, labels: Readonly<Record<string, string>>): boolean | undefined
  /** Versions that Rollouts of a namespace want, have or try. */
  versions(namespace: string): ReadonlySet<string>
}

/**
 * Subsets that no VirtualService names, no pod has and no Rollout wants. Nothing of a rule that a release moves, or that is
 * the way back of one, counts.
 */
export function staleSubsets(scene: SubsetScene): StaleSubset[] {
  const named = new Set(scene.virtualServices.flatMap(subsetsNamed).map(keyOfNamed))
  const moving = moversAmong(scene.virtualServices)
  return scene.destinationRules.flatMap((rule) => {
    const host = resolveHost(rule.spec.host, rule.metadata.namespace)
    const service = serviceOfHost(host)
    const unnamed = (rule.spec.subsets ?? []).filter(
      ({ name }) => !named.has(keyOfNamed({ host, subset: name })),
    )
    if (service === undefined || unnamed.length === 0 || isMoved(rule, moving)) return []
    return unnamed
      .filter((subset) => isUseless(scene, rule, service, subset))
      .map((one) => staleOf(rule, service, one))
  })
}

/** Takes a subset out that a release of ours left; only while nothing is under way, and it is still ours. */
export function removeLeftSubset(subset: string): Edit<DestinationRule> {
  return (object) => {
    const rollout = leftBy(object, subset)
    const mark = marksOf(object).find((one) => one.rollout === rollout)
    if (mark === undefined || isMoved(object)) return { object }
    const { subsets = [], ...rest } = mark
    const others = subsets.filter((name) => name !== subset)
    const next = { ...rest, ...(others.length > 0 && { subsets: others }) }
    return { object: withMark(withoutSubset(object, subset), mark.rollout, next) }
  }
}

function keyOfNamed({ host, subset }: { readonly host: string; readonly subset: string }): string {
  return `${subset} ${host}`
}

/** A mark names the canary until all of a release has ended, the way back included. */
function isMoved(rule: DestinationRule, moving: ReadonlySet<string> = new Set()): boolean {
  return marksOf(rule).some(({ rollout, canary }) => canary !== undefined || moving.has(rollout))
}

/** Rollouts (`namespace/name`) with a release under way, as the marks of their routes tell. */
function moversAmong(objects: readonly VirtualService[]): ReadonlySet<string> {
  const marks = objects.flatMap(marksOf)
  return new Set(marks.flatMap(({ rollout, canary }) => (canary === undefined ? [] : [rollout])))
}

function isUseless(scene: SubsetScene, rule: DestinationRule, service: ServiceHost, subset: Subset): boolean {
  const labels = subset.labels ?? {}
  const wanted = scene.versions(rule.metadata.namespace)
  const stable = new Set(marksOf(rule).map((mark) => mark.stable))
  if (Object.values(labels).some((value) => wanted.has(value) || stable.has(value))) return false
  return scene.hasPods(service, labels) === false
}

function staleOf(object: DestinationRule, service: ServiceHost, { name, labels }: Subset): StaleSubset {
  const rollout = leftBy(object, name)
  const { metadata } = object
  return {
    id: contentHash(['DestinationRule', metadata.namespace, metadata.name, name, labels]),
    object,
    subset: name,
    service,
    ...(rollout !== undefined && { leftBy: rollout }),
  }
}

function leftBy(rule: DestinationRule, subset: string): string | undefined {
  return marksOf(rule).find(({ subsets }) => Array.isArray(subsets) && subsets.includes(subset))?.rollout
}
