import type { FindingReason } from '../../api/v1alpha1/conditions.ts'
import { keyOf } from '../../api/names.ts'
import type { Finding, Side } from '../machine/state.ts'
import { markOf } from '../traffic/mark.ts'
import { findRoutes } from '../traffic/route.ts'
import { findSubset, subsetName } from '../traffic/subsets.ts'
import { objectChecks, routeChecks } from './checks.ts'
import { metricChecks, podChecks } from './readiness.ts'
import type { Ground, Scene } from './scene.ts'
import { isUnfinished, truthOf, witnessesOf } from './truth.ts'

/** What preflight says. `floor` is the highest sequence of ours that stands anywhere. */
export type Clearance =
  | { readonly kind: 'Refused'; readonly findings: readonly Finding[] }
  | { readonly kind: 'Unneeded' }
  | { readonly kind: 'Leftover'; readonly floor: number; readonly stable: Side; readonly canary: Side }
  | {
      readonly kind: 'Cleared'
      readonly floor: number
      readonly stable: Side
      readonly canary: Side
      readonly adopt: boolean
    }

/**
 * Can this release work? Checks run in order, and those of one kind all speak before the next kind is asked, so that
 * the user sees at once what is to be mended. Nothing is touched here.
 */
export function preflight(scene: Scene): Clearance {
  const objects = objectChecks(scene)
  if (objects.length > 0) return { kind: 'Refused', findings: objects }
  const ground = groundOf(scene)
  if (ground === undefined) return refused('RouteNotFound', 'the route is gone')
  const left = leftoverOf(ground)
  if (left !== undefined) return left
  const route = routeChecks(ground)
  return route.length > 0 ? { kind: 'Refused', findings: route } : judgeTruth(ground)
}

/** The highest sequence of ours in status and marks: the next release starts above it. */
export function floorOf({ scene, virtualService, destinationRule }: Ground): number {
  const key = keyOf(scene.rollout)
  const marks = [markOf(virtualService, key), markOf(destinationRule, key)]
  return Math.max(scene.status.release?.seq ?? 0, ...marks.map((mark) => mark?.seq ?? 0))
}

function groundOf(scene: Scene): Ground | undefined {
  const { service, virtualService, destinationRule, plan } = scene
  if (!service || !virtualService || !destinationRule) return undefined
  const [index] = findRoutes(virtualService, { service, name: plan.route })
  const route = index === undefined ? undefined : virtualService.spec.http?.[index]
  return route && { scene, service, virtualService, route, destinationRule }
}

function judgeTruth(ground: Ground): Clearance {
  const { scene } = ground
  const truth = truthOf(witnessesFor(ground))
  if ('conflict' in truth) return refused('StableUnknown', `${truth.conflict}; make them agree`)
  if ('unknown' in truth) {
    return refused(
      'RouteSplit',
      'the route divides traffic; give one version 100 % or set spec.initialVersion',
    )
  }
  if (truth.version === scene.version) return { kind: 'Unneeded' }
  return clear(ground, truth.version)
}

function clear(ground: Ground, stable: string): Clearance {
  const { scene } = ground
  const adopt = isOnlyVersionAlive(scene)
  const findings = [...podChecks(scene, stable, adopt), ...(adopt ? [] : metricChecks(scene))]
  if (findings.length > 0) return { kind: 'Refused', findings }
  return {
    kind: 'Cleared',
    floor: floorOf(ground),
    stable: sideOf(ground, stable),
    canary: sideOf(ground, scene.version),
    adopt,
  }
}

/** First installation, or a cluster restored from Git: nobody else could answer, so steps would protect nobody. */
function isOnlyVersionAlive({ readyPods, version }: Scene): boolean {
  const alive = Object.entries(readyPods).filter(([, count]) => count > 0)
  return alive.length === 1 && alive[0]?.[0] === version
}

function leftoverOf(ground: Ground): Clearance | undefined {
  const key = keyOf(ground.scene.rollout)
  const routeMark = markOf(ground.virtualService, key)
  const ruleMark = markOf(ground.destinationRule, key)
  const unfinished = isUnfinished(routeMark)
    ? routeMark
    : ruleMark?.canary === undefined
      ? undefined
      : ruleMark
  if (unfinished?.canary === undefined) return undefined
  return {
    kind: 'Leftover',
    floor: floorOf(ground),
    stable: sideOf(ground, unfinished.stable),
    canary: sideOf(ground, unfinished.canary),
  }
}

function sideOf({ destinationRule, scene }: Ground, version: string): Side {
  const present = findSubset(destinationRule, scene.plan.versionLabel, version)
  return { version, subset: present?.name ?? subsetName(version) }
}

function witnessesFor(ground: Ground) {
  const { scene } = ground
  return witnessesOf({
    ...ground,
    versionLabel: scene.plan.versionLabel,
    rollout: keyOf(scene.rollout),
    status: scene.status,
    initialVersion: scene.initialVersion,
  })
}

function refused(reason: FindingReason, message: string): Clearance {
  return { kind: 'Refused', findings: [{ reason, message }] }
}
