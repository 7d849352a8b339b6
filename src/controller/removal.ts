import { refOf } from '../api/names.ts'
import { isUnfinished } from '../core/policy/truth.ts'
import { isGenerated } from '../core/traffic/generated.ts'
import { meansService } from '../core/traffic/hosts.ts'
import { markOf } from '../core/traffic/mark.ts'
import { avoidSubset } from '../core/traffic/proxies.ts'
import { namesSubset } from '../core/traffic/references.ts'
import type { DestinationRule, MeshObject, ServiceHost, VirtualService } from '../core/traffic/types.ts'
import type { Mesh, MeshMaking, Propagation } from '../ports.ts'

/** Time until it is asked again what was not so a moment ago (milliseconds). */
const SOON_MS = 250
/** Time until it is asked again what somebody has to change (milliseconds). */
export const IN_USE_MS = 5_000

export interface RemovalPorts {
  readonly mesh: Mesh
  readonly making: MeshMaking
  readonly propagation: Propagation
}

/** Objects that Sluice made for a Rollout, and no release holds. */
export interface Made {
  readonly routes: readonly VirtualService[]
  readonly rules: readonly DestinationRule[]
}

/** What was made for a Rollout (`namespace/name`), as cached. */
export function madeFor(mesh: Mesh, rollout: string): Made {
  const { namespace, name } = refOf(rollout)
  const isMade = (object: MeshObject) =>
    object.metadata.name === name &&
    object.metadata.namespace === namespace &&
    isGenerated(object, rollout) &&
    !isUnfinished(markOf(object, rollout))
  return { routes: mesh.virtualServices().filter(isMade), rules: mesh.destinationRules().filter(isMade) }
}

/**
 * Removes in order: a subset is un-named before it goes. Tells in how many milliseconds to go on; undefined when nothing
 * is left. Throws when the API server does not answer, or somebody else wrote meanwhile.
 */
export async function remove(ports: RemovalPorts, { routes, rules }: Made): Promise<number | undefined> {
  for (const object of routes) await ports.making.remove(object)
  if (routes.length > 0) return SOON_MS
  for (const rule of rules) {
    const waitMs = await untilUnused(ports, rule)
    if (waitMs !== undefined) return waitMs
    await ports.making.remove(rule)
  }
  return undefined
}

/** Somebody's VirtualService may name a subset for as long as it likes; proxies follow within a moment. */
async function untilUnused(
  { mesh, propagation }: RemovalPorts,
  rule: DestinationRule,
): Promise<number | undefined> {
  const service = serviceOf(rule)
  const subsets = subsetsOnlyIn(rule, service, mesh.destinationRules())
  if (subsets.length === 0) return undefined
  const isNamed = mesh
    .virtualServices()
    .some((object) => subsets.some((subset) => namesSubset(object, service, subset)))
  if (isNamed) return IN_USE_MS
  const { namespace, name } = rule.metadata
  const view = await propagation.look({ service, virtualService: { namespace, name }, subsets })
  return subsets.every((subset) => avoidSubset(view, subset)) ? undefined : SOON_MS
}

/** Subsets that go with a rule: those that another rule of the service has, too, stay. */
function subsetsOnlyIn(
  rule: DestinationRule,
  service: ServiceHost,
  rules: readonly DestinationRule[],
): string[] {
  const { namespace, name } = rule.metadata
  const others = rules.filter(
    ({ metadata, spec }) =>
      metadata.namespace === namespace &&
      metadata.name !== name &&
      meansService(spec.host, namespace, service),
  )
  const kept = new Set(others.flatMap(({ spec }) => spec.subsets ?? []).map((subset) => subset.name))
  return (rule.spec.subsets ?? []).map((subset) => subset.name).filter((subset) => !kept.has(subset))
}

/** Rules that Sluice makes have a full host. */
function serviceOf({ spec }: DestinationRule): ServiceHost {
  const [name = '', namespace = ''] = spec.host.split('.')
  return { name, namespace }
}
