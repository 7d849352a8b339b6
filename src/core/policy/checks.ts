import { keyOf } from '../../api/names.ts'
import type { FindingReason } from '../../api/v1alpha1/conditions.ts'
import type { Finding } from '../machine/state.ts'
import { fullHost, meansService } from '../traffic/hosts.ts'
import { findRoutes, sharesOf } from '../traffic/route.ts'
import { findSubset, subsetName } from '../traffic/subsets.ts'
import type { HttpRoute, VirtualService } from '../traffic/types.ts'
import { whoseRoute } from './ownership.ts'
import type { Ground, Scene } from './scene.ts'

/** Fields of a route that answer without a destination. */
const ANSWERS_ITSELF = ['redirect', 'directResponse', 'delegate'] as const
export const ROUTE_FIELD = 'spec.traffic.existing.virtualServices[0]'

type Check<T> = (input: T) => Finding | undefined

/** Are the named objects there, and do they belong together? Named after what is wrong; the order is that of reading. */
const OBJECT_CHECKS: readonly Check<Scene>[] = [
  serviceIsMissing,
  serviceSelectsNothing,
  virtualServiceIsMissing,
  routeIsMissing,
  routeIsAmbiguous,
  destinationRuleIsMissing,
  destinationRuleIsForAnotherHost,
]

/** Can the route be moved? */
const ROUTE_CHECKS: readonly Check<Ground>[] = [
  routeIsOwned,
  routeAnswersItself,
  routeHasFault,
  routeNamesNoSubset,
  routeNamesUnknownSubset,
  subsetIgnoresVersion,
  canarySubsetNameIsTaken,
]

/** Findings about the objects that the spec names. */
export function objectChecks(scene: Scene): Finding[] {
  return OBJECT_CHECKS.flatMap((check) => check(scene) ?? [])
}

/** Findings about the managed route and its subsets. */
export function routeChecks(ground: Ground): Finding[] {
  return ROUTE_CHECKS.flatMap((check) => check(ground) ?? [])
}

function found(reason: FindingReason, message: string): Finding {
  return { reason, message }
}

function serviceIsMissing({ service, plan, rollout }: Scene): Finding | undefined {
  if (service) return undefined
  const message = `spec.traffic.service: there is no Service ${rollout.namespace}/${plan.service}; create it or correct the name`
  return found('ServiceNotFound', message)
}

function serviceSelectsNothing({ service }: Scene): Finding | undefined {
  if (!service || Object.keys(service.selector).length > 0) return undefined
  return found(
    'ServiceWithoutSelector',
    `Service ${keyOf(service)} has no selector; Sluice needs one to find its pods`,
  )
}

function virtualServiceIsMissing({ virtualService, plan, rollout }: Scene): Finding | undefined {
  if (virtualService) return undefined
  const name = `${rollout.namespace}/${plan.virtualService}`
  return found(
    'VirtualServiceNotFound',
    `${ROUTE_FIELD}.name: there is no VirtualService ${name}; create it or correct the name`,
  )
}

function routeIsMissing(scene: Scene): Finding | undefined {
  const { virtualService, service, plan } = scene
  if (!virtualService || !service) return undefined
  if (findRoutes(virtualService, { service, name: plan.route }).length > 0) return undefined
  // It leads nowhere, so its destinations do not tell that it is meant.
  const meant = virtualService.spec.http?.find(
    (route) => answerOf(route) !== undefined && (plan.route === undefined || plan.route === route.name),
  )
  if (meant !== undefined) return unsupported(virtualService, meant)
  const wanted = plan.route === undefined ? 'no http route' : `no http route named ${plan.route}`
  const names = routeNames(virtualService, findRoutes(virtualService, { service }))
  const allowed = names.length > 0 ? `allowed: ${names.join(', ')}` : `add a route to ${fullHost(service)}`
  const field = plan.route === undefined ? ROUTE_FIELD : `${ROUTE_FIELD}.routes[0]`
  return found(
    'RouteNotFound',
    `${field}: VirtualService ${keyOf(virtualService.metadata)} has ${wanted} to ${service.name}; ${allowed}`,
  )
}

function routeIsAmbiguous({ virtualService, service, plan }: Scene): Finding | undefined {
  if (!virtualService || !service) return undefined
  const routes = findRoutes(virtualService, { service, name: plan.route })
  if (routes.length < 2) return undefined
  const names = routeNames(virtualService, routes)
  const message = `${ROUTE_FIELD}.routes: ${routes.length} http routes of VirtualService ${keyOf(virtualService.metadata)} lead to ${service.name}; name one of: ${names.join(', ')}`
  return found('RouteAmbiguous', message)
}

function destinationRuleIsMissing({ destinationRule, plan, rollout }: Scene): Finding | undefined {
  if (destinationRule) return undefined
  const name = `${rollout.namespace}/${plan.destinationRule}`
  const field = 'spec.traffic.existing.destinationRule.name'
  return found(
    'DestinationRuleNotFound',
    `${field}: there is no DestinationRule ${name}; create it or correct the name`,
  )
}

function destinationRuleIsForAnotherHost({ destinationRule, service }: Scene): Finding | undefined {
  if (!destinationRule || !service) return undefined
  const { host } = destinationRule.spec
  if (meansService(host, destinationRule.metadata.namespace, service)) return undefined
  const message = `DestinationRule ${keyOf(destinationRule.metadata)} is for host ${host}; allowed: ${service.name} or ${fullHost(service)}`
  return found('DestinationRuleForAnotherHost', message)
}

function routeIsOwned({ scene, virtualService, service }: Ground): Finding | undefined {
  const { rollout, rollouts, plan } = scene
  const query = { service, name: plan.route }
  const problem = whoseRoute({ virtualService, query, rollout, rollouts })
  return problem === undefined ? undefined : found('RouteOwned', `${ROUTE_FIELD}: ${problem}`)
}

function routeAnswersItself({ virtualService, route }: Ground): Finding | undefined {
  return answerOf(route) === undefined ? undefined : unsupported(virtualService, route)
}

function answerOf(route: HttpRoute): string | undefined {
  return ANSWERS_ITSELF.find((name) => route[name] !== undefined)
}

function unsupported(virtualService: VirtualService, route: HttpRoute): Finding {
  const message = `${describeRoute(virtualService, route)} has ${answerOf(route)}, so there are no weights to move; name a route with destinations`
  return found('RouteUnsupported', message)
}

function routeHasFault({ virtualService, route }: Ground): Finding | undefined {
  if (route['fault'] === undefined) return undefined
  const message = `${describeRoute(virtualService, route)} has a fault block, which would be taken for the canary's fault; remove it`
  return found('FaultInRoute', message)
}

function routeNamesNoSubset(ground: Ground): Finding | undefined {
  const { virtualService, route, service } = ground
  const open = sharesOf(virtualService, route, service).some((share) => share.subset === undefined)
  if (!open) return undefined
  const message = `${describeRoute(virtualService, route)} sends to ${service.name} without a subset, so every version gets traffic; name the stable version's subset`
  return found('RouteWithoutSubset', message)
}

function routeNamesUnknownSubset({
  virtualService,
  route,
  service,
  destinationRule,
}: Ground): Finding | undefined {
  const known = new Set(destinationRule.spec.subsets?.map((subset) => subset.name))
  const unknown = sharesOf(virtualService, route, service).find(
    ({ subset }) => subset !== undefined && !known.has(subset),
  )
  if (unknown?.subset === undefined) return undefined
  const message = `${describeRoute(virtualService, route)} names subset ${unknown.subset}, which DestinationRule ${keyOf(destinationRule.metadata)} lacks; allowed: ${[...known].join(', ') || 'none yet, add one'}`
  return found('SubsetNotFound', message)
}

function subsetIgnoresVersion({
  scene,
  virtualService,
  route,
  service,
  destinationRule,
}: Ground): Finding | undefined {
  const { versionLabel } = scene.plan
  const named = new Set(sharesOf(virtualService, route, service).map((share) => share.subset))
  const blind = destinationRule.spec.subsets?.find(
    (subset) => named.has(subset.name) && subset.labels?.[versionLabel] === undefined,
  )
  if (blind === undefined) return undefined
  const message = `subset ${blind.name} of DestinationRule ${keyOf(destinationRule.metadata)} does not select by the label ${versionLabel}; add it, or correct spec.versionLabel`
  return found('SubsetWithoutVersion', message)
}

function canarySubsetNameIsTaken({ scene, destinationRule }: Ground): Finding | undefined {
  const { versionLabel } = scene.plan
  if (findSubset(destinationRule, versionLabel, scene.version)) return undefined
  const name = subsetName(scene.version)
  if (!destinationRule.spec.subsets?.some((subset) => subset.name === name)) return undefined
  const message = `DestinationRule ${keyOf(destinationRule.metadata)} has a subset ${name} with other labels; rename it`
  return found('SubsetNameTaken', message)
}

function describeRoute(object: VirtualService, route: { readonly name?: string }): string {
  const index = object.spec.http?.findIndex((other) => other === route) ?? -1
  return `http route ${route.name ?? `[${index}]`} of VirtualService ${keyOf(object.metadata)}`
}

function routeNames(object: VirtualService, indexes: readonly number[]): string[] {
  return indexes.map((index) => object.spec.http?.[index]?.name ?? `[${index}] (give it a name)`)
}
