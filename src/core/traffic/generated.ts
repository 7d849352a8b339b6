import { keyOf } from '../../api/names.ts'
import { GENERATED_ROUTE } from '../plan.ts'
import type { PlannedObjects } from '../plan.ts'
import { canonicalJson } from '../hash.ts'
import { fullHost, meansService } from './hosts.ts'
import { markOf, withMark } from './mark.ts'
import type { Mark } from './mark.ts'
import { subsetName } from './subsets.ts'
import type { DestinationRule, MeshObject, ServiceHost, VirtualService } from './types.ts'

const API_VERSION = 'networking.istio.io/v1'
const LABELS = { 'app.kubernetes.io/managed-by': 'sluice' }
/** Istio's name for the sidecars, among gateways. */
const MESH = 'mesh'

/** What an object of our own is made of. */
export interface Making {
  /** Of the Rollout: the objects are named after it. */
  readonly name: string
  readonly service: ServiceHost
  readonly planned: PlannedObjects
  readonly versionLabel: string
  /** The version that users have. */
  readonly stable: string
  readonly mark: Omit<Mark, 'generated' | 'stable'>
}

/** The VirtualService of a Rollout that asks for one: all requests go to stable. */
export function generatedVirtualService({ name, service, planned, stable, mark }: Making): VirtualService {
  const destination = { host: fullHost(service), subset: subsetName(stable) }
  const object: VirtualService = {
    apiVersion: API_VERSION,
    kind: 'VirtualService',
    metadata: { name, namespace: service.namespace, labels: LABELS },
    spec: { ...reached(planned, service), http: [{ name: GENERATED_ROUTE, route: [{ destination }] }] },
  }
  return withMark(object, mark.rollout, { ...mark, stable, generated: true })
}

/** Its DestinationRule: stable's subset. */
export function generatedRule({ name, service, versionLabel, stable, mark }: Making): DestinationRule {
  const subset = { name: subsetName(stable), labels: { [versionLabel]: stable } }
  const object: DestinationRule = {
    apiVersion: API_VERSION,
    kind: 'DestinationRule',
    metadata: { name, namespace: service.namespace, labels: LABELS },
    spec: { host: fullHost(service), subsets: [subset] },
  }
  return withMark(object, mark.rollout, { ...mark, stable, generated: true })
}

/** Was the object made by Sluice, for a Rollout (`namespace/name`)? A copy of it bears the mark, too, but not the name. */
export function isGenerated(object: MeshObject, rollout: string): boolean {
  return markOf(object, rollout)?.generated === true && keyOf(object.metadata) === rollout
}

/** The object as its owner's: it stays when the Rollout (`namespace/name`) goes. */
export function disowned<T extends MeshObject>(object: T, rollout: string): T {
  const old = markOf(object, rollout)
  if (old === undefined) return object
  const { generated: _generated, ...mark } = old
  return withMark(object, rollout, mark)
}

/** The VirtualService reached as the plan says now; the same object where it is already. */
export function reachedAs(
  object: VirtualService,
  planned: PlannedObjects,
  service: ServiceHost,
): VirtualService {
  const { gateways: _gateways, hosts: _hosts, ...rest } = object.spec
  const spec = { ...reached(planned, service), ...rest }
  return canonicalJson(spec) === canonicalJson(object.spec) ? object : { ...object, spec }
}

function reached(
  { gateways, hosts }: PlannedObjects,
  service: ServiceHost,
): Pick<VirtualService['spec'], string> {
  const all = [fullHost(service), ...hosts]
  return { hosts: all, ...(gateways.length > 0 && { gateways: [MESH, ...gateways] }) }
}

/** The objects that a Rollout would have, and those that stand where they would be. */
export interface Claim {
  readonly name: string
  readonly service: ServiceHost
  readonly planned: PlannedObjects
  readonly standing: readonly (MeshObject | undefined)[]
}

/**
 * Why the objects of a Rollout cannot be made, for people; undefined when they can.
 * @param all VirtualServices of the mesh
 */
export function unmakeable(claim: Claim, all: readonly VirtualService[]): string | undefined {
  const key = keyOf({ namespace: claim.service.namespace, name: claim.name })
  const strange = claim.standing.find((object) => object !== undefined && !isGenerated(object, key))
  if (strange !== undefined)
    return `spec.traffic.generated: ${strange.kind} ${keyOf(strange.metadata)} is there and is not Sluice's; name it in spec.traffic.existing, or rename the Rollout`
  const other = madeForAnother(claim)
  if (other !== undefined)
    return `spec.traffic.service: ${other.object.kind} ${keyOf(other.object.metadata)} was made for ${other.host}, and users are there; set the service back, or delete the Rollout and create it anew`
  const rival = rivalOf(claim, all)
  if (rival === undefined) return undefined
  return `spec.traffic.generated: VirtualService ${keyOf(rival.object.metadata)} has the host ${rival.host} in the mesh already; name it in spec.traffic.existing, or take the host out of it`
}

/** An object that stands there for another service, whose versions are none of this one: the rule tells, else the routes. */
function madeForAnother({
  standing,
  service,
}: Claim): { readonly object: MeshObject; readonly host: string } | undefined {
  const there = standing.filter((object) => object !== undefined)
  const object = there.find(({ kind }) => kind === 'DestinationRule') ?? there[0]
  if (object === undefined) return undefined
  const hosts = destinationHosts(object)
  const isSame = hosts.some((host) => meansService(host, object.metadata.namespace, service))
  const [host] = hosts
  return isSame || host === undefined ? undefined : { object, host }
}

function destinationHosts(object: MeshObject): string[] {
  if (object.kind === 'DestinationRule') return [object.spec.host]
  const routes = object.spec.http ?? []
  return routes.flatMap(({ route }) => (route ?? []).map(({ destination }) => destination.host))
}

/** Another VirtualService that has one of the hosts in the mesh already: Istio would take one of them, nobody knows which. */
function rivalOf(
  own: Claim,
  all: readonly VirtualService[],
): { readonly object: VirtualService; readonly host: string } | undefined {
  const wanted = new Set([fullHost(own.service), ...own.planned.hosts])
  const others = all.filter(
    ({ metadata }) => metadata.namespace !== own.service.namespace || metadata.name !== own.name,
  )
  for (const object of others) {
    const host = meshHostsOf(object).find((one) => wanted.has(one))
    if (host !== undefined) return { object, host }
  }
  return undefined
}

function meshHostsOf({ metadata, spec }: VirtualService): string[] {
  const gateways = (spec['gateways'] ?? [MESH]) as readonly string[]
  if (!gateways.includes(MESH)) return []
  const hosts = (spec['hosts'] ?? []) as readonly string[]
  return hosts.map((host) =>
    host.includes('.') || host === '*' ? host : fullHost({ name: host, namespace: metadata.namespace }),
  )
}
