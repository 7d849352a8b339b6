import type { DestinationRule, RouteDestination, VirtualService } from '../../../../src/core/traffic/types.ts'
import { MARK_ANNOTATION } from '../../../../src/api/names.ts'
import { aDestinationRule, aSubset, aVirtualService, to } from '../../shop.ts'

/** How the shop's objects look before the first release. */
export interface Scenery {
  /** Weight of the only destination that leads to the service; undefined: none is written. */
  readonly share: number | undefined
  /** A destination of another host stands in the managed route. */
  readonly foreign: boolean
  /** The spec names the managed route. */
  readonly named: boolean
  /** The rule has subsets of all versions from the beginning. */
  readonly allSubsets: boolean
  /** Another Rollout marked the objects. */
  readonly neighbour: boolean
  /** Hosts are written in full. */
  readonly fullHost: boolean
}

const NEIGHBOUR = {
  rollout: 'shop/images',
  uid: 'uid-images',
  release: 'x',
  seq: 900,
  stable: 'v7',
  routes: [{ route: 'images' }],
}

/** The VirtualService as its owner keeps it in Git. */
export function gitVirtualService(scenery: Scenery): VirtualService {
  const host = scenery.fullHost ? 'reviews.shop.svc.cluster.local' : 'reviews'
  const foreign: RouteDestination = { destination: { host: 'mirror.example.com' }, weight: 30 }
  const ours = to('v1', scenery.foreign ? (scenery.share ?? 100) : scenery.share, host)
  const object = aVirtualService(scenery.foreign ? [foreign, ours] : [ours])
  const http = (object.spec.http ?? []).map((route) =>
    route.name === 'primary' ? unnamed(route, scenery) : route,
  )
  return withNeighbour({ ...object, spec: { ...object.spec, http } }, scenery)
}

/** The DestinationRule as its owner keeps it in Git. */
export function gitDestinationRule(scenery: Scenery): DestinationRule {
  const others = scenery.allSubsets ? [aSubset('v2'), aSubset('v3')] : []
  const tools = { name: 'tools', labels: { app: 'tools' } }
  return withNeighbour(aDestinationRule([aSubset('v1'), tools, ...others]), scenery)
}

function unnamed(route: NonNullable<VirtualService['spec']['http']>[number], { named }: Scenery) {
  const { name, ...rest } = route
  return named ? route : { ...rest, formerName: name }
}

function withNeighbour<T extends VirtualService | DestinationRule>(object: T, { neighbour }: Scenery): T {
  if (!neighbour) return object
  const annotations = { ...object.metadata.annotations, [MARK_ANNOTATION]: JSON.stringify([NEIGHBOUR]) }
  return { ...object, metadata: { ...object.metadata, annotations } }
}
