import type { Finding, Side } from '../machine/state.ts'
import { renderSplit } from '../traffic/render.ts'
import { shareOf, sharesOf } from '../traffic/route.ts'
import { describeRoute, finding } from './object-checks.ts'
import type { Ground, GroundRoute } from './scene.ts'

interface Sides {
  readonly stable: Side
  readonly canary: Side
}

/**
 * Findings about routes that send elsewhere, too: the service's share of the weights must have whole parts for each step,
 * or a canary would get nothing until it gets all.
 */
export function shareChecks(ground: Ground, sides: Sides): Finding[] {
  const { scene, service, routes } = ground
  const steps = scene.plan.steps.map(({ weight }) => weight)
  return routes.flatMap((one) => {
    const { virtualService, route } = one
    const share = shareOf(virtualService, route, service)
    if (share === 0 || rises(steps.map((weight) => expressed(ground, one, sides, weight)))) return []
    const asked = steps.map((weight) => `${weight} %`).join(', ')
    const message = `${describeRoute(virtualService, route)} gives ${service.name} a weight of ${share} beside other destinations, which has no whole parts for the steps ${asked}; multiply all weights of the route by the same number, such as 100: they are relative`
    return [finding('ShareTooSmall', message)]
  })
}

/** Percent of the service's requests in the route that the canary gets where a step asks for `weight` percent. */
function expressed(
  { service }: Ground,
  { virtualService, route }: GroundRoute,
  { stable, canary }: Sides,
  weight: number,
): number {
  const index = virtualService.spec.http?.indexOf(route) ?? -1
  const share = shareOf(virtualService, route, service)
  const split = { service, stable: stable.subset, canary: canary.subset, weight, share }
  const rendered = renderSplit(virtualService, index, split)
  const after = rendered.spec.http?.[index] ?? route
  return sharesOf(rendered, after, service).find(({ subset }) => subset === canary.subset)?.percent ?? 0
}

function rises(percents: readonly number[]): boolean {
  return percents.every((percent, at) => percent > (percents[at - 1] ?? 0))
}
