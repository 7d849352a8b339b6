import type { ShownRollout } from '../../../sandbox/kit/shop.ts'
import { FINALIZER, HELD_ANNOTATION } from '../../../src/api/names.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { DestinationRule, MeshObject, VirtualService } from '../../../src/core/traffic/types.ts'
import { markIn, percents, versionOf } from './scene.ts'

/** What stands in a namespace when its release is over. */
export interface Rest {
  readonly rollout: ShownRollout | undefined
  readonly routes: readonly VirtualService[]
  readonly rule: DestinationRule | undefined
  /** Ready pods by version. */
  readonly readyPods: Readonly<Record<string, number>>
  readonly autoscalers: readonly { readonly annotations: Readonly<Record<string, string>> }[]
}

/** What may have become of a release. */
export interface Ending {
  /** Versions of which one must have all requests. */
  readonly users: readonly string[]
  /** `Type/Reason` of conditions of which one must be True. */
  readonly standings: readonly string[]
  /** Where it is Stalled: reasons of which one must stand in `status.lastFailed`. */
  readonly failures?: readonly string[]
}

/** What must not be when nothing is under way, one line each. */
export function restProblems(rest: Rest, ending: Ending): string[] {
  return [
    ...rolloutProblems(rest.rollout, ending),
    ...rest.routes.flatMap((route) => routeProblems(route, rest, ending)),
    ...[...rest.routes, rest.rule].flatMap((object) => markProblems(object)),
    ...ruleProblems(rest, ending),
    ...floorProblems(rest),
  ]
}

function rolloutProblems(rollout: ShownRollout | undefined, ending: Ending): string[] {
  const isHeld = rollout?.metadata?.finalizers?.includes(FINALIZER)
  return [
    ...standingProblems(rollout?.status, ending),
    ...(isHeld ? ['the finalizer stands on an idle Rollout'] : []),
  ]
}

function standingProblems(status: RolloutStatus = {}, { standings, failures = [] }: Ending): string[] {
  const found = standingOf(status)
  if (!standings.includes(found))
    return [`the Rollout is ${found} (${status.message}), not ${standings.join(' or ')}`]
  const reason = status.lastFailed?.reason ?? 'nothing'
  if (!found.startsWith('Stalled/') || failures.includes(reason)) return []
  return [`the Rollout failed for ${reason}, not ${failures.join(' or ')}`]
}

/** All conditions that are True: exactly one must be. */
function standingOf({ conditions = [] }: RolloutStatus): string {
  const isTrue = conditions.filter(({ status }) => status === 'True')
  return isTrue.map(({ type, reason }) => `${type}/${reason}`).join(', ')
}

function routeProblems(route: VirtualService, { rule, readyPods }: Rest, { users }: Ending): string[] {
  const { name } = route.metadata
  const named = [...percents(route)].map(([subset, percent]) => ({
    version: versionOf(rule, subset),
    percent,
  }))
  const [only] = named
  const seen = named.map(({ version, percent }) => `${version ?? 'nobody'} ${percent} %`).join(', ')
  if (only?.version === undefined || named.length !== 1) return [`${name} leads to ${seen || 'nobody'}`]
  return [
    ...(users.includes(only.version) ? [] : [`${name} leads to ${seen}, not to ${users.join(' or ')}`]),
    ...((readyPods[only.version] ?? 0) > 0
      ? []
      : [`${name} leads to ${only.version}, which has no ready pod`]),
  ]
}

function markProblems(object: MeshObject | undefined): string[] {
  const mark = markIn(object)
  return mark?.canary === undefined
    ? []
    : [`${object?.kind} still names the canary ${mark.canary} in its mark`]
}

function ruleProblems({ rule, routes }: Rest, { users }: Ending): string[] {
  const used = new Set(routes.flatMap((route) => [...percents(route).keys()]))
  const unused = (rule?.spec.subsets ?? []).filter(({ name }) => !used.has(name))
  return unused.map(({ name, labels }) => {
    return `nobody uses subset ${name} of ${labels?.['version']} any more; users have ${users.join(' or ')}`
  })
}

function floorProblems({ autoscalers }: Rest): string[] {
  const held = autoscalers.flatMap(({ annotations }) => annotations[HELD_ANNOTATION] ?? [])
  return held.map((text) => `a floor is still held: ${text}`)
}
