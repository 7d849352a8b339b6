import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import { marksOf } from '../traffic/mark.ts'
import { findRoutes } from '../traffic/route.ts'
import type { RouteQuery } from '../traffic/route.ts'
import type { VirtualService } from '../traffic/types.ts'
import { isUnfinished } from './truth.ts'

/** Who asks for which route, among whom. */
export interface OwnershipQuestion {
  readonly virtualService: VirtualService
  readonly query: RouteQuery
  readonly rollout: ObjectRef & { readonly uid: string }
  /** All Rollouts of the namespace; others do no harm. */
  readonly rollouts: readonly RawRollout[]
}

/**
 * Why a Rollout may not move its route; undefined when it may. The route belongs to the Rollout whose release is under
 * way there, else to the oldest that asks for it; the younger goes on by itself when the route is free.
 */
export function whoseRoute(question: OwnershipQuestion): string | undefined {
  const { virtualService, query, rollout, rollouts } = question
  const [index] = findRoutes(virtualService, query)
  if (index === undefined) return undefined
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
  const route = object.spec.http?.[index]?.name ?? String(index)
  return marksOf(object).some((mark) => mark.uid === meta.uid && mark.route === route && isUnfinished(mark))
}

/** The fields that name a route have no defaults, so an unparsed spec tells. */
interface Names {
  readonly traffic?: {
    readonly service?: string
    readonly existing?: { readonly virtualServices?: readonly { name?: string; routes?: string[] }[] }
  }
}

function asksFor({ meta, spec }: RawRollout, object: VirtualService, index: number): boolean {
  const { namespace, name } = object.metadata
  const { service = '', existing } = (spec as Names | undefined)?.traffic ?? {}
  const [named] = existing?.virtualServices ?? []
  if (meta.namespace !== namespace || named?.name !== name) return false
  const query = { service: { namespace, name: service }, name: named.routes?.[0] }
  return findRoutes(object, query).includes(index)
}
