import { keyOf } from '../../api/names.ts'
import type { Finding } from '../machine/state.ts'
import { sharesOf } from '../traffic/route.ts'
import { findSubset, subsetName, versionOfSubset } from '../traffic/subsets.ts'
import { answerOf, describeRoute, finding, unsupported } from './object-checks.ts'
import { whoseRoute } from './ownership.ts'
import type { Ground, GroundRoute } from './scene.ts'

type Check = (ground: Ground, one: GroundRoute) => Finding | undefined

/** Can the route be moved? Named after what is wrong. */
const CHECKS: readonly Check[] = [
  routeIsOwned,
  routeAnswersItself,
  routeNamesNoSubset,
  routeNamesUnknownSubset,
  subsetIgnoresVersion,
]

/** Findings about the managed routes and their subsets. */
export function routeChecks(ground: Ground): Finding[] {
  return [
    ...ground.routes.flatMap((one) => CHECKS.flatMap((check) => check(ground, one) ?? [])),
    ...versionHasSeveralSubsets(ground),
    ...(canarySubsetNameIsTaken(ground) ?? []),
  ]
}

function routeIsOwned(
  { scene, service }: Ground,
  { virtualService, route, field }: GroundRoute,
): Finding | undefined {
  const { rollout, rollouts } = scene
  const index = virtualService.spec.http?.indexOf(route) ?? -1
  const problem = whoseRoute({ virtualService, index, service, rollout, rollouts })
  return problem === undefined ? undefined : finding('RouteOwned', `${field}: ${problem}`)
}

function routeAnswersItself(_ground: Ground, { virtualService, route }: GroundRoute): Finding | undefined {
  return answerOf(route) === undefined ? undefined : unsupported(virtualService, route)
}

function routeNamesNoSubset(
  { service }: Ground,
  { virtualService, route }: GroundRoute,
): Finding | undefined {
  const open = sharesOf(virtualService, route, service).some((share) => share.subset === undefined)
  if (!open) return undefined
  const message = `${describeRoute(virtualService, route)} sends to ${service.name} without a subset, so every version gets traffic; name the stable version's subset`
  return finding('RouteWithoutSubset', message)
}

function routeNamesUnknownSubset(
  { service, destinationRule }: Ground,
  { virtualService, route }: GroundRoute,
): Finding | undefined {
  const known = new Set(destinationRule.spec.subsets?.map((subset) => subset.name))
  const unknown = sharesOf(virtualService, route, service).find(
    ({ subset }) => subset !== undefined && !known.has(subset),
  )
  if (unknown?.subset === undefined) return undefined
  const message = `${describeRoute(virtualService, route)} names subset ${unknown.subset}, which DestinationRule ${keyOf(destinationRule.metadata)} lacks; allowed: ${[...known].join(', ') || 'none yet, add one'}`
  return finding('SubsetNotFound', message)
}

function subsetIgnoresVersion(
  { scene, service, destinationRule }: Ground,
  { virtualService, route }: GroundRoute,
): Finding | undefined {
  const { versionLabel } = scene.plan
  const named = new Set(sharesOf(virtualService, route, service).map((share) => share.subset))
  const blind = destinationRule.spec.subsets?.find(
    (subset) => named.has(subset.name) && subset.labels?.[versionLabel] === undefined,
  )
  if (blind === undefined) return undefined
  const message = `subset ${blind.name} of DestinationRule ${keyOf(destinationRule.metadata)} does not select by the label ${versionLabel}; add it, or correct spec.versionLabel`
  return finding('SubsetWithoutVersion', message)
}

/** A release moves all routes between two subsets: which of several each route had before, no rollback could tell. */
function versionHasSeveralSubsets(ground: Ground): Finding[] {
  const { scene, destinationRule } = ground
  const versionOf = ({ subset }: Use) => versionOfSubset(destinationRule, scene.plan.versionLabel, subset)
  return [...Map.groupBy(usesOf(ground), versionOf)].flatMap(([version, uses]) => {
    const names = uses.map(({ subset }) => subset)
    const firsts = uses.filter(({ subset }, at) => names.indexOf(subset) === at)
    if (version === undefined || firsts.length < 2) return []
    const where = firsts.map(({ subset, route }) => `${subset} in ${route}`).join(', ')
    const message = `the managed routes name several subsets of ${version}: ${where}; name the same subset in all of them`
    return [finding('SubsetAmbiguous', message)]
  })
}

interface Use {
  readonly subset: string
  /** For people. */
  readonly route: string
}

/** Where the managed routes send requests of the service. */
function usesOf({ service, routes }: Ground): Use[] {
  return routes.flatMap(({ virtualService, route }) =>
    sharesOf(virtualService, route, service).flatMap(({ subset, percent }) =>
      subset === undefined || percent === 0 ? [] : [{ subset, route: describeRoute(virtualService, route) }],
    ),
  )
}

function canarySubsetNameIsTaken({ scene, destinationRule }: Ground): Finding[] | undefined {
  const { versionLabel } = scene.plan
  if (findSubset(destinationRule, versionLabel, scene.version)) return undefined
  const name = subsetName(scene.version)
  if (!destinationRule.spec.subsets?.some((subset) => subset.name === name)) return undefined
  const message = `DestinationRule ${keyOf(destinationRule.metadata)} has a subset ${name} with other labels; rename it`
  return [finding('SubsetNameTaken', message)]
}
