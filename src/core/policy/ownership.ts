import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import { isAllowed } from '../traffic/fence.ts'
import { marksOf } from '../traffic/mark.ts'
import { findRoutes, routeKey } from '../traffic/route.ts'
import type { ServiceHost, VirtualService } from '../traffic/types.ts'
import { GENERATED_ROUTE } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { fieldOf, queryOf } from './planned.ts'
import { isUnfinished } from './truth.ts'

/** Who asks for which route, among whom. */
export interface OwnershipQuestion {
  readonly virtualService: VirtualService
  /** Index of the http route. */
  readonly index: number
  readonly service: ServiceHost
  readonly rollout: ObjectRef & { readonly uid: string }
  /** All Rollouts that may ask for it; others do no harm. */
  readonly rollouts: readonly RawRollout[]
}

/** Where a plan asks for a route that is another Rollout's, and why it is; undefined when all are free. */
export function takenOf({
  plan,
  objects,
  rollout,
  rollouts,
}: Pick<OwnershipQuestion, 'rollout' | 'rollouts'> & {
  readonly plan: Plan
  /** The plan's VirtualServices, in its order. */
  readonly objects: readonly (VirtualService | undefined)[]
}): string | undefined {
  const service = { namespace: rollout.namespace, name: plan.service }
  const problems = plan.virtualServices.flatMap((planned, place) => {
    const virtualService = objects[place]
    if (virtualService === undefined) return []
    return findRoutes(virtualService, queryOf(plan, planned, rollout)).flatMap((index) => {
      const problem = whoseRoute({ virtualService, index, service, rollout, rollouts })
      return problem === undefined ? [] : [`${fieldOf(place)}: ${problem}`]
    })
  })
  return problems[0]
}

/**
 * Why a Rollout may not move a route; undefined when it may. The route belongs to the Rollout whose release is under
 * way there, else to the oldest that asks for it; the younger goes on by itself when the route is free.
 */
export function whoseRoute(question: OwnershipQuestion): string | undefined {
  const { virtualService, index, rollout, rollouts } = question
  const others = rollouts.filter(({ meta }) => meta.uid !== rollout.uid)
  const older = others.filter((other) => isOlder(other, question))
  const owner =
    others.find((other) => isReleasing(other, virtualService, index)) ??
    older.find((other) => asksFor(other, virtualService, index))
  if (owner === undefined) return undefined
  const age = older.includes(owner) ? 'older ' : ''
  return `the ${age}Rollout ${keyOf(owner.meta)} moves this route of VirtualService ${keyOf(virtualService.metadata)}; name another route, or delete that Rollout`
}

/** Creation times are whole seconds; within one the uid decides, for both alike. */
function isOlder({ meta }: RawRollout, { rollout, rollouts }: OwnershipQuestion): boolean {
  const mine = rollouts.find((one) => one.meta.uid === rollout.uid)?.meta.creationTimestamp
  if (mine === undefined || meta.creationTimestamp < mine) return true
  return meta.creationTimestamp === mine && meta.uid < rollout.uid
}

function isReleasing({ meta }: RawRollout, object: VirtualService, index: number): boolean {
  const name = routeKey(object, index)
  return marksOf(object).some(
    (mark) => mark.uid === meta.uid && mark.routes?.some(({ route }) => route === name) && isUnfinished(mark),
  )
}

interface Named {
  readonly name?: string
  readonly namespace?: string
  readonly routes?: readonly string[]
}

/** The fields that name a route have no defaults, so an unparsed spec tells. */
interface Names {
  readonly traffic?: {
    readonly service?: string
    readonly generated?: object
    readonly existing?: {
      readonly virtualServices?: readonly Named[]
    }
  }
}

function asksFor({ meta, spec }: RawRollout, object: VirtualService, index: number): boolean {
  const { namespace, name } = object.metadata
  if (!isAllowed(object.metadata, meta.namespace)) return false
  const { service = '', existing, generated } = (spec as Names | undefined)?.traffic ?? {}
  const own: Named[] = generated === undefined ? [] : [{ name: meta.name, routes: [GENERATED_ROUTE] }]
  return [...(existing?.virtualServices ?? []), ...own]
    .filter((named) => named.name === name && (named.namespace ?? meta.namespace) === namespace)
    .some(({ routes }) => {
      const query = { service: { namespace: meta.namespace, name: service }, names: routes }
      return findRoutes(object, query).includes(index)
    })
}
