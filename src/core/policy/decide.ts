import { FINALIZER, keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { ParsedSpec, RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { RolloutSpec } from '../../api/v1alpha1/spec.ts'
import type { RolloutStatus } from '../../api/v1alpha1/status.ts'
import { isSame } from '../machine/moves.ts'
import type { Wanted } from '../machine/state.ts'
import { planOf } from '../plan.ts'
import type { Plan } from '../plan.ts'
import type { Standing } from '../status/conditions.ts'
import { heldBack } from '../status/standing.ts'
import { markOf } from '../traffic/mark.ts'
import { findRoutes } from '../traffic/route.ts'
import type { DestinationRule, VirtualService } from '../traffic/types.ts'
import { lastFailedOf } from './failed.ts'
import { queryOf } from './planned.ts'
import { isUnfinished, truthOf, witnessesOf } from './truth.ts'
import type { WitnessSources } from './truth.ts'

/** What the controller knows of a Rollout, all from caches. */
export interface Sight {
  readonly rollout: RawRollout
  readonly parsed: ParsedSpec
  /** As the spec lists them. */
  readonly virtualServices: readonly (VirtualService | undefined)[]
  readonly destinationRule: DestinationRule | undefined
  /** Hash of the pod template of the version wanted; empty while no workload carries it. */
  readonly templateHash: string
  /** Where the spec asks for a route that is another Rollout's, and why it is; absent when all are free. */
  readonly taken?: string
}

/** What the controller does about a Rollout. */
export type Decision =
  /** Start its workflow, or tell the one that runs. */
  | { readonly kind: 'Deliver'; readonly wanted: Wanted }
  /** No release is needed; the status says why. */
  | { readonly kind: 'Settle'; readonly standing: Standing; readonly stableVersion?: string }
  | { readonly kind: 'Nothing' }

/** Is a release under way, as the status tells? */
export function isActive({ release }: RolloutStatus): boolean {
  return release !== undefined && release.phase !== 'Done'
}

/** Level-based: only what is counts, not what happened. */
export function decide(sight: Sight): Decision {
  const { rollout, parsed } = sight
  if ('problems' in parsed) return invalid(parsed.problems)
  const wanted = wantedOf(sight, parsed.spec)
  if (wanted.deleting)
    return rollout.meta.finalizers.includes(FINALIZER) ? { kind: 'Deliver', wanted } : { kind: 'Nothing' }
  if (isActive(rollout.status) || leftTraces(sight)) return { kind: 'Deliver', wanted }
  return decideIdle(sight, parsed.spec, wanted)
}

/** The status says nothing yet of a release that has just begun; its marks do. */
function leftTraces({ rollout, virtualServices, destinationRule }: Sight): boolean {
  const objects = [...virtualServices, destinationRule].filter((object) => object !== undefined)
  return objects.some((object) => isUnfinished(markOf(object, keyOf(rollout.meta))))
}

function decideIdle(sight: Sight, spec: RolloutSpec, wanted: Wanted): Decision {
  if (sight.taken !== undefined) return taken(sight.taken)
  const { rollout, virtualServices } = sight
  const lastFailed = lastFailedOf({ rollout: rollout.meta, status: rollout.status, virtualServices })
  if (lastFailed !== undefined && isSame(lastFailed, wanted)) {
    const users = sight.rollout.status.stableVersion ?? 'the stable version'
    const message = `${wanted.version} was rolled back: ${lastFailed.message}; users have ${users}`
    return { kind: 'Settle', standing: { type: 'Stalled', reason: 'RolledBack', message } }
  }
  if (stableOf(sight, spec) === wanted.version) return stable(wanted.version)
  if (!wanted.paused) return { kind: 'Deliver', wanted }
  const message = heldBack(wanted.version)
  return { kind: 'Settle', standing: { type: 'Reconciling', reason: 'Paused', message } }
}

function wantedOf({ rollout, templateHash }: Sight, spec: RolloutSpec): Wanted {
  return {
    uid: rollout.meta.uid,
    version: spec.version,
    templateHash,
    plan: planOf(spec, rollout.meta),
    paused: spec.paused,
    deleting: rollout.meta.deletionTimestamp !== undefined,
  }
}

/** The version that users have; undefined when it cannot be told, which preflight explains. */
function stableOf(
  { rollout, virtualServices, destinationRule }: Sight,
  spec: RolloutSpec,
): string | undefined {
  const routes = managedOf(virtualServices, planOf(spec, rollout.meta), rollout.meta)
  if (routes === undefined || !destinationRule) return undefined
  const witnesses = witnessesOf({
    routes,
    destinationRule,
    service: { name: spec.traffic.service, namespace: rollout.meta.namespace },
    versionLabel: spec.versionLabel,
    rollout: keyOf(rollout.meta),
    status: rollout.status,
    initialVersion: spec.initialVersion,
  })
  const truth = truthOf(witnesses)
  const isWhole = 'version' in truth && witnesses.routes.every((version) => version === truth.version)
  return isWhole ? truth.version : undefined
}

/** All managed routes; undefined when one is missing, or cannot be told from others. */
function managedOf(
  objects: Sight['virtualServices'],
  plan: Plan,
  rollout: ObjectRef,
): WitnessSources['routes'] | undefined {
  const routes = plan.virtualServices.map((planned, place) => {
    const virtualService = objects[place]
    if (virtualService === undefined) return []
    const indexes = findRoutes(virtualService, queryOf(plan, planned, rollout))
    if (indexes.length !== (planned.routes?.length ?? 1)) return []
    return indexes.flatMap((index) => {
      const route = virtualService.spec.http?.[index]
      return route ? [{ virtualService, route }] : []
    })
  })
  return routes.some((list) => list.length === 0) ? undefined : routes.flat()
}

function stable(version: string): Decision {
  const standing: Standing = { type: 'Ready', reason: 'Stable', message: `users have ${version}` }
  return { kind: 'Settle', standing, stableVersion: version }
}

function taken(problem: string): Decision {
  return { kind: 'Settle', standing: { type: 'Stalled', reason: 'PreflightFailed', message: problem } }
}

function invalid(problems: readonly string[]): Decision {
  return {
    kind: 'Settle',
    standing: { type: 'Stalled', reason: 'Invalid', message: problems.join('; ').slice(0, 2000) },
  }
}
