import { FIELD_MANAGER, MARK_ANNOTATION } from '../../../src/api/names.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import type {
  DestinationRule,
  HttpRoute,
  MeshObject,
  VirtualService,
} from '../../../src/core/traffic/types.ts'
import type { Change } from '../../../sandbox/kit/ledger.ts'

/** Name of the service, of its Rollout, and of the route that the Rollout moves. */
export const SERVICE = 'reviews'
export const ROUTE = 'primary'

/** What stands in a namespace at one moment of the record. */
export interface Scene {
  readonly routes: ReadonlyMap<string, VirtualService>
  readonly rule: DestinationRule | undefined
  readonly status: RolloutStatus
}

/** A write of ours to a mesh object, and what it met. */
export interface OwnWrite<T extends MeshObject = MeshObject> {
  readonly change: Change
  readonly before: T
  readonly after: T
  readonly scene: Scene
}

/** Looks at every change in order and says what must not be, one line each. */
export interface Check {
  /** The number of the invariant in the design, and its words. */
  readonly claim: string
  see(change: Change, scene: Scene): readonly string[]
}

export function isOurs({ writer }: Change): boolean {
  return writer === FIELD_MANAGER
}

/** A write of ours to a mesh object that was there before; undefined for everything else. */
export function ownWrite(change: Change, scene: Scene): OwnWrite | undefined {
  const { kind, before, after } = change
  if (kind === 'Rollout' || !before || !after || !isOurs(change)) return undefined
  return { change, before: before as MeshObject, after: after as MeshObject, scene }
}

export function isRoute(write: OwnWrite): write is OwnWrite<VirtualService> {
  return write.after.kind === 'VirtualService'
}

/** Read here on its own, so that Sluice does not vouch for itself. One Rollout a namespace. */
export function markIn(object: MeshObject | undefined): Mark | undefined {
  const marks = JSON.parse(object?.metadata.annotations?.[MARK_ANNOTATION] ?? '[]') as Mark[]
  return marks[0]
}

/** Percent of the service's requests by subset, in the route that the Rollout moves. */
export function percents(object: VirtualService): ReadonlyMap<string, number> {
  const ours = managedRoute(object)?.route?.filter(({ destination }) => leadsHere(destination.host)) ?? []
  const weights = ours.map(({ weight }) => weight ?? (ours.length === 1 ? 100 : 0))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const pairs = ours.map(({ destination }, index): [string, number] => {
    return [destination.subset ?? '', sum === 0 ? 0 : (100 * (weights[index] ?? 0)) / sum]
  })
  return new Map(pairs)
}

function managedRoute({ spec }: VirtualService): HttpRoute | undefined {
  return spec.http?.find(({ name }) => name === ROUTE)
}

/** True of hosts of the service, short or full. */
export function leadsHere(host: string): boolean {
  return host.split('.')[0] === SERVICE
}

/** The version that a subset selects. */
export function versionOf(rule: DestinationRule | undefined, subset: string): string | undefined {
  return rule?.spec.subsets?.find(({ name }) => name === subset)?.labels?.['version']
}
