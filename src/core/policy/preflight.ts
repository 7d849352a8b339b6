import { keyOf } from '../../api/names.ts'
import type { LastFailed } from '../../api/v1alpha1/status.ts'
import type { Finding, Side } from '../machine/state.ts'
import { markOf } from '../traffic/mark.ts'
import { findRoutes, sharesOf, subsetsNamed } from '../traffic/route.ts'
import type { SubsetShare } from '../traffic/route.ts'
import { findSubset, subsetName, versionOfSubset } from '../traffic/subsets.ts'
import { lastFailedOf } from './failed.ts'
import { describeRoute, objectChecks } from './object-checks.ts'
import { fieldOf, queryOf } from './planned.ts'
import { faultChecks } from './fault-checks.ts'
import { metricChecks, podChecks, writeChecks } from './readiness.ts'
import { routeChecks } from './route-checks.ts'
import { shareChecks } from './share-checks.ts'
import type { Ground, GroundRoute, Scene } from './scene.ts'
import type { DestinationRule, ServiceHost } from '../traffic/types.ts'
import { isUnfinished, truthOf, witnessesOf } from './truth.ts'

/** More actions than follow each other without one that writes its sequence to status or object. */
const UNSEEN_ACTIONS = 10

/** What preflight says. The next release starts above `floor`. */
export type Clearance =
  | { readonly kind: 'Refused'; readonly floor: number; readonly findings: readonly Finding[] }
  | { readonly kind: 'Unneeded'; readonly floor: number }
  | {
      readonly kind: 'Leftover'
      readonly floor: number
      readonly stable: Side
      readonly canary: Side
      /** Id of the release, if users have its version already and only the old one is left over. */
      readonly promoted?: string
    }
  | {
      readonly kind: 'Cleared'
      readonly floor: number
      readonly stable: Side
      readonly canary: Side
      readonly stablePods: number
      readonly adopt: boolean
      /** Labels of the pods behind the Service. */
      readonly selector: Readonly<Record<string, string>>
      /** The release that is not started again until it changes. */
      readonly lastFailed?: LastFailed
    }

/**
 * Can this release work? Traces of a lost one come first: taking weight back waits for nothing. Then checks run in
 * order, and those of one kind all speak before the next kind is asked, so that the user sees at once what is to be
 * mended. Nothing is touched here.
 */
export function preflight(scene: Scene): Clearance {
  const left = leftoverOf(scene)
  if (left !== undefined) return left
  const objects = objectChecks(scene)
  const ground = groundOf(scene)
  if (objects.length > 0 || ground === undefined) return refuse(scene, objects)
  const route = routeChecks(ground)
  return route.length > 0 ? refuse(scene, route) : judgeTruth(ground)
}

/**
 * The next release starts above all sequences of ours in status and marks, and above what attempts of a lost workflow
 * may hold: not every action leaves its sequence there.
 */
function floorOf({ rollout, status, virtualServices, destinationRule }: Scene): number {
  const objects = [...virtualServices, destinationRule].filter((object) => object !== undefined)
  const marks = objects.map((object) => markOf(object, keyOf(rollout))?.seq ?? 0)
  const highest = Math.max(status.release?.seq ?? 0, ...marks)
  return highest === 0 ? 0 : highest + UNSEEN_ACTIONS
}

/** The objects of a scene, where Service and DestinationRule are there. */
export function groundOf(scene: Scene): Ground | undefined {
  const { service, destinationRule } = scene
  if (!service || !destinationRule) return undefined
  return { scene, service, routes: routesOf(scene), destinationRule }
}

function routesOf(scene: Scene): GroundRoute[] {
  return scene.plan.virtualServices.flatMap((_, place) => groundRoutes(scene, place))
}

function groundRoutes({ plan, rollout, virtualServices }: Scene, place: number): GroundRoute[] {
  const [planned, virtualService] = [plan.virtualServices[place], virtualServices[place]]
  if (!planned || !virtualService) return []
  return findRoutes(virtualService, queryOf(plan, planned, rollout)).flatMap((index) => {
    const route = virtualService.spec.http?.[index]
    return route ? [{ virtualService, route, field: fieldOf(place) }] : []
  })
}

function judgeTruth(ground: Ground): Clearance {
  const { scene } = ground
  const truth = truthOf(witnessesFor(ground))
  if ('conflict' in truth) {
    return refuse(scene, [{ reason: 'StableUnknown', message: `${truth.conflict}; make them agree` }])
  }
  if ('unknown' in truth) {
    const message = `${dividedOf(ground)} divides traffic; give one version 100 % or set spec.initialVersion`
    return refuse(scene, [{ reason: 'RouteSplit', message }])
  }
  if (truth.version === scene.version && isDivided(ground)) {
    const message = `${dividedOf(ground)} divides traffic, though users should have ${truth.version}; give it 100 %`
    return refuse(scene, [{ reason: 'RouteSplit', message }])
  }
  if (truth.version === scene.version) return { kind: 'Unneeded', floor: floorOf(scene) }
  return clear(ground, truth.version)
}

function isDivided({ routes, service }: Ground): boolean {
  return routes.some((one) => divides(one, service))
}

function dividedOf({ routes, service }: Ground): string {
  const divided = routes.find((one) => divides(one, service)) ?? routes[0]
  return routes.length > 1 && divided ? describeRoute(divided.virtualService, divided.route) : 'the route'
}

function divides({ virtualService, route }: GroundRoute, service: ServiceHost): boolean {
  return !sharesOf(virtualService, route, service).some(({ percent }) => percent === 100)
}

function clear(ground: Ground, stable: string): Clearance {
  const { scene } = ground
  const adopt = isOnlyVersionAlive(scene)
  const sides = { stable: sideOf(ground, stable), canary: sideOf(ground, scene.version) }
  const findings = [
    ...podChecks(scene, stable, adopt),
    ...(adopt ? [] : stepChecks(ground, sides)),
    ...writeChecks(scene),
  ]
  if (findings.length > 0) return refuse(scene, findings)
  const lastFailed = lastFailedOf(scene)
  return {
    kind: 'Cleared',
    floor: floorOf(scene),
    ...sides,
    stablePods: scene.readyPods[stable] ?? 0,
    adopt,
    selector: ground.service.selector,
    ...(lastFailed && { lastFailed }),
  }
}

/** What a release in steps needs besides. */
function stepChecks(ground: Ground, sides: { readonly stable: Side; readonly canary: Side }): Finding[] {
  const { scene } = ground
  return [
    ...shareChecks(ground, sides),
    ...metricChecks(scene, sides.stable.version),
    ...faultChecks(scene).required,
  ]
}

/** First installation, or a cluster restored from Git: nobody else could answer, so steps would protect nobody. */
function isOnlyVersionAlive({ readyPods, version }: Scene): boolean {
  const alive = Object.entries(readyPods).filter(([, count]) => count > 0)
  return alive.length === 1 && alive[0]?.[0] === version
}

function leftoverOf(scene: Scene): Clearance | undefined {
  const { virtualServices, destinationRule } = scene
  const there = virtualServices.filter((object) => object !== undefined)
  if (there.length === 0 || !destinationRule) return undefined
  const ground = { scene, destinationRule }
  const key = keyOf(scene.rollout)
  const routeMarks = there.map((object) => markOf(object, key))
  const unfinished = [...routeMarks, markOf(destinationRule, key)].find(isUnfinished)
  if (unfinished === undefined) return undefined
  // A promotion may have been cut off between two of them: the others have all weight on the canary, too.
  const isPromoted =
    routeMarks.some((mark) => mark?.stable === unfinished.canary) ||
    (routeMarks.every((mark) => mark === undefined) && isAlone(scene, destinationRule, unfinished.canary))
  if (!isPromoted && !isCredible(ground, unfinished.stable)) return undefined
  return {
    kind: 'Leftover',
    floor: floorOf(scene),
    stable: sideOf(ground, unfinished.stable),
    canary: sideOf(ground, unfinished.canary),
    ...(isPromoted && { promoted: unfinished.release }),
  }
}

/** Somebody took the marks out of the VirtualServices; a promotion leaves no other destination, a step does. */
function isAlone(scene: Scene, rule: DestinationRule, version: string): boolean {
  const shares = routesOf(scene).map(({ virtualService, route }) =>
    sharesOf(virtualService, route, hostOf(scene)),
  )
  const isOnly = ([only, ...others]: SubsetShare[]) =>
    others.length === 0 && versionOfSubset(rule, scene.plan.versionLabel, only?.subset ?? '') === version
  return shares.length > 0 && shares.every(isOnly)
}

type Subsets = Pick<Ground, 'scene' | 'destinationRule'>

/** Traffic is given back only to a version that can take it and that no other witness contradicts. */
function isCredible({ destinationRule, scene }: Subsets, stable: string): boolean {
  const present = findSubset(destinationRule, scene.plan.versionLabel, stable) !== undefined
  return present && (scene.status.stableVersion ?? stable) === stable
}

/** The service that the spec names, be it there or not. */
function hostOf({ rollout, plan }: Scene): ServiceHost {
  return { namespace: rollout.namespace, name: plan.service }
}

/** Of several subsets of a version its side is the one that has the traffic: what a rollback gives back is what was. */
function sideOf({ destinationRule, scene }: Subsets, version: string): Side {
  const named = subsetsNamed(routesOf(scene), hostOf(scene))
  const present = findSubset(destinationRule, scene.plan.versionLabel, version, named)
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

function refuse(scene: Scene, findings: readonly Finding[]): Clearance {
  return { kind: 'Refused', floor: floorOf(scene), findings }
}
