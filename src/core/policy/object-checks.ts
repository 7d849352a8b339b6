import { keyOf, ALLOW_FROM_ANNOTATION } from '../../api/names.ts'
import type { FindingReason } from '../../api/v1alpha1/conditions.ts'
import type { Finding } from '../machine/state.ts'
import type { PlannedVirtualService } from '../plan.ts'
import { isAllowed } from '../traffic/fence.ts'
import { fullHost, meansService } from '../traffic/hosts.ts'
import { findRoutes } from '../traffic/route.ts'
import type { HttpRoute, VirtualService } from '../traffic/types.ts'
import { fieldOf, queryOf, refOfPlanned } from './planned.ts'
import type { Scene, SelectingService } from './scene.ts'

/** Fields of a route that answer without a destination. */
const ANSWERS_ITSELF = ['redirect', 'directResponse', 'delegate'] as const
/** Label of namespaces and pods whose traffic no sidecar handles. */
const DATAPLANE_LABEL = 'istio.io/dataplane-mode'

type SceneCheck = (scene: Scene) => Finding | undefined
type RouteCheck = (named: Named, service: SelectingService) => Finding | undefined

/** A VirtualService that the spec names. */
interface Named {
  readonly scene: Scene
  readonly planned: PlannedVirtualService
  readonly field: string
  readonly object: VirtualService
}

/** Are the named objects there, and do they belong together? Named after what is wrong; the order is that of reading. */
const SCENE_CHECKS: readonly SceneCheck[] = [
  namespaceIsAmbient,
  serviceIsMissing,
  serviceSelectsNothing,
  serviceSelectsVersion,
]
const RULE_CHECKS: readonly SceneCheck[] = [
  destinationRuleIsMissing,
  destinationRuleIsForAnotherHost,
  destinationRuleIsContradicted,
]
/** Has a VirtualService the routes that are to be moved, and may they be? The first that is wrong speaks. */
const ROUTE_CHECKS: readonly RouteCheck[] = [notAllowed, isDelegate, routeIsMissing, routeIsAmbiguous]

/** Findings about the objects that the spec names. */
export function objectChecks(scene: Scene): Finding[] {
  return [
    ...SCENE_CHECKS.flatMap((check) => check(scene) ?? []),
    ...scene.plan.virtualServices.flatMap((planned, index) => virtualServiceCheck(scene, planned, index)),
    ...RULE_CHECKS.flatMap((check) => check(scene) ?? []),
  ]
}

export function finding(reason: FindingReason, message: string): Finding {
  return { reason, message }
}

function virtualServiceCheck(scene: Scene, planned: PlannedVirtualService, index: number): Finding[] {
  const field = fieldOf(index)
  const object = scene.virtualServices[index]
  if (object === undefined) {
    const name = keyOf(refOfPlanned(planned, scene.rollout))
    const message = `${field}.name: there is no VirtualService ${name}; create it or correct the name`
    return [finding('VirtualServiceNotFound', message)]
  }
  if (scene.virtualServices.indexOf(object) < index) {
    const message = `${field}: VirtualService ${keyOf(object.metadata)} is named twice; name all its routes in one entry`
    return [finding('RouteAmbiguous', message)]
  }
  const { service } = scene
  if (service === undefined) return []
  for (const check of ROUTE_CHECKS) {
    const problem = check({ scene, planned, field, object }, service)
    if (problem !== undefined) return [problem]
  }
  return []
}

function namespaceIsAmbient({ namespaceLabels, rollout }: Scene): Finding | undefined {
  if (namespaceLabels[DATAPLANE_LABEL] !== 'ambient') return undefined
  const message = `namespace ${rollout.namespace} is in ambient mode (label ${DATAPLANE_LABEL}), where no sidecar follows weights; Sluice needs sidecars or gateways`
  return finding('NamespaceAmbient', message)
}

function serviceIsMissing({ service, plan, rollout }: Scene): Finding | undefined {
  if (service) return undefined
  const message = `spec.traffic.service: there is no Service ${rollout.namespace}/${plan.service}; create it or correct the name`
  return finding('ServiceNotFound', message)
}

function serviceSelectsNothing({ service }: Scene): Finding | undefined {
  if (!service || Object.keys(service.selector).length > 0) return undefined
  return finding(
    'ServiceWithoutSelector',
    `Service ${keyOf(service)} has no selector; Sluice needs one to find its pods`,
  )
}

function serviceSelectsVersion({ service, plan }: Scene): Finding | undefined {
  const selected = service?.selector[plan.versionLabel]
  if (service === undefined || selected === undefined) return undefined
  const message = `Service ${keyOf(service)} selects ${plan.versionLabel}=${selected}, so pods of other versions never get its traffic; take the label out of its selector`
  return finding('ServiceSelectsVersion', message)
}

function notAllowed({ scene, field, object }: Named): Finding | undefined {
  const { namespace } = scene.rollout
  if (isAllowed(object.metadata, namespace)) return undefined
  const message = `${field}: VirtualService ${keyOf(object.metadata)} is in another namespace and does not allow Rollouts of ${namespace} to move it; its owner allows it with the annotation ${ALLOW_FROM_ANNOTATION}: ${namespace}`
  return finding('NotAllowed', message)
}

function isDelegate({ field, object }: Named): Finding | undefined {
  const hosts = object.spec['hosts']
  if (!Array.isArray(hosts) || hosts.length > 0) return undefined
  const message = `${field}: VirtualService ${keyOf(object.metadata)} has no hosts, so it is the delegate of another one; Sluice cannot see what its proxies do with it`
  return finding('RouteUnsupported', message)
}

function routeIsMissing(named: Named, service: SelectingService): Finding | undefined {
  const { planned, object } = named
  const wanted: readonly (string | undefined)[] = planned.routes ?? [undefined]
  const at = wanted.findIndex((name) => routesNamed(named, name).length === 0)
  if (at < 0) return undefined
  // It leads nowhere, so its destinations do not tell that it is meant.
  const meant = object.spec.http?.find(
    (route) => answerOf(route) !== undefined && (wanted[at] === undefined || wanted[at] === route.name),
  )
  return meant === undefined ? noRoute(named, at, service) : unsupported(object, meant)
}

function routesNamed({ scene, planned, object }: Named, name: string | undefined): number[] {
  const query = queryOf(scene.plan, planned, scene.rollout)
  return findRoutes(object, { ...query, names: name === undefined ? undefined : [name] })
}

function noRoute({ planned, field, object }: Named, at: number, service: SelectingService): Finding {
  const lost = planned.routes?.[at]
  const wanted = lost === undefined ? 'no http route' : `no http route named ${lost}`
  const names = routeNames(object, findRoutes(object, { service }))
  const allowed = names.length > 0 ? `allowed: ${names.join(', ')}` : addRoute(object, service)
  const where = lost === undefined ? field : `${field}.routes[${at}]`
  const message = `${where}: VirtualService ${keyOf(object.metadata)} has ${wanted} to ${service.name}; ${allowed}`
  return finding('RouteNotFound', message)
}

function addRoute({ spec }: VirtualService, service: SelectingService): string {
  const other = ['tcp', 'tls'].filter((kind) => spec[kind] !== undefined)
  const hint =
    other.length > 0 && spec.http === undefined ? `its ${other.join(' and ')} routes cannot be moved; ` : ''
  return `${hint}add a route to ${fullHost(service)}`
}

function routeIsAmbiguous(named: Named, service: SelectingService): Finding | undefined {
  const { planned, field, object } = named
  const found = (planned.routes ?? [undefined]).map((name) => routesNamed(named, name))
  const routes = found.find((list) => list.length > 1)
  if (routes === undefined) return undefined
  const names = routeNames(object, routes)
  const message = `${field}.routes: ${routes.length} http routes of VirtualService ${keyOf(object.metadata)} lead to ${service.name}; name one of: ${names.join(', ')}`
  return finding('RouteAmbiguous', message)
}

function destinationRuleIsMissing({ destinationRule, plan, rollout }: Scene): Finding | undefined {
  if (destinationRule) return undefined
  const name = `${rollout.namespace}/${plan.destinationRule}`
  const field = 'spec.traffic.existing.destinationRule.name'
  return finding(
    'DestinationRuleNotFound',
    `${field}: there is no DestinationRule ${name}; create it or correct the name`,
  )
}

function destinationRuleIsForAnotherHost({ destinationRule, service }: Scene): Finding | undefined {
  if (!destinationRule || !service) return undefined
  const { host } = destinationRule.spec
  if (meansService(host, destinationRule.metadata.namespace, service)) return undefined
  const message = `DestinationRule ${keyOf(destinationRule.metadata)} is for host ${host}; allowed: ${service.name} or ${fullHost(service)}`
  return finding('DestinationRuleForAnotherHost', message)
}

/** Callers in the namespace of the other one would take that, and not know the canary's subset. */
function destinationRuleIsContradicted({
  destinationRules,
  destinationRule,
  service,
}: Scene): Finding | undefined {
  if (!destinationRule || !service) return undefined
  const other = destinationRules.find(
    ({ metadata, spec }) =>
      metadata.namespace !== destinationRule.metadata.namespace &&
      meansService(spec.host, metadata.namespace, service),
  )
  if (other === undefined) return undefined
  const message = `DestinationRule ${keyOf(other.metadata)} is for ${fullHost(service)}, too: its callers would not know the subsets of ${keyOf(destinationRule.metadata)}; keep one of them`
  return finding('DestinationRuleContradicted', message)
}

/** What a route answers by itself; undefined when it has destinations. */
export function answerOf(route: HttpRoute): string | undefined {
  return ANSWERS_ITSELF.find((name) => route[name] !== undefined)
}

export function unsupported(virtualService: VirtualService, route: HttpRoute): Finding {
  const message = `${describeRoute(virtualService, route)} has ${answerOf(route)}, so there are no weights to move; name a route with destinations`
  return finding('RouteUnsupported', message)
}

/** A route, for people. */
export function describeRoute(object: VirtualService, route: { readonly name?: string }): string {
  const index = object.spec.http?.findIndex((other) => other === route) ?? -1
  return `http route ${route.name ?? `[${index}]`} of VirtualService ${keyOf(object.metadata)}`
}

function routeNames(object: VirtualService, indexes: readonly number[]): string[] {
  return indexes.map((index) => object.spec.http?.[index]?.name ?? `[${index}] (give it a name)`)
}
