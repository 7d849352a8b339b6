import { FAULT_ROUTE_PREFIX } from '../../api/names.ts'
import { meansHost } from '../traffic/hosts.ts'
import type { HttpRoute, VirtualService } from '../traffic/types.ts'
import { routePrefix } from './record.ts'
import type { AbortFault, DelayFault, FaultRecord, Meets } from './record.ts'

/** Istio's name for the sidecars, among gateways. */
const MESH = 'mesh'

/** A condition of a route, as far as faults care. */
export interface Match {
  readonly gateways?: readonly string[]
  readonly sourceLabels?: Readonly<Record<string, string>>
  readonly sourceNamespace?: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

/** True of a route of ours that carries a fault. */
export function isFaultRoute({ name }: HttpRoute): boolean {
  return name?.startsWith(FAULT_ROUTE_PREFIX) === true
}

/** The VirtualService without routes of ours that carry faults. */
export function withoutCopies(object: VirtualService): VirtualService {
  const { http } = object.spec
  if (!http?.some(isFaultRoute)) return object
  return { ...object, spec: { ...object.spec, http: http.filter((route) => !isFaultRoute(route)) } }
}

/**
 * The VirtualService with the routes of these faults, and no other fault of ours. They are copies of its own routes, so that
 * whoever meets the fault is routed as before in all else; all other fields, timeouts and retries included, stay as they are.
 * Copies for callers stand in front, in the order of the routes: such callers meet nothing else. All others stand right
 * before the route that they are of, since in front they would take requests from the routes between.
 */
export function withCopies(object: VirtualService, records: readonly FaultRecord[]): VirtualService {
  const bare = withoutCopies(object)
  const own = bare.spec.http ?? []
  if (records.length === 0) return bare
  const front = records
    .filter(isForCallers)
    .flatMap((record) => own.flatMap((route, index) => copyFor(bare, { route, index }, record)))
  const others = records.filter((record) => !isForCallers(record))
  const rest = own.flatMap((route, index) => [
    ...others.flatMap((record) =>
      carries(bare, route, record) ? copyFor(bare, { route, index }, record) : [],
    ),
    route,
  ])
  const http = [...front, ...rest]
  return http.length === own.length ? bare : { ...bare, spec: { ...bare.spec, http } }
}

function isForCallers({ meets }: FaultRecord): boolean {
  return meets.kind === 'Callers'
}

/** Is a route one of those that a fault of the host itself is for? */
function carries({ metadata }: VirtualService, route: HttpRoute, { host, routes }: FaultRecord): boolean {
  const isNamed = routes === undefined || routes.includes(route.name ?? '')
  return (
    isNamed && (route.route ?? []).some((one) => meansHost(one.destination.host, metadata.namespace, host))
  )
}

/** Does a VirtualService steer the calls of sidecars? Absent gateways mean the mesh. */
export function appliesToMesh({ spec }: VirtualService): boolean {
  const gateways = (spec['gateways'] ?? []) as readonly string[]
  return gateways.length === 0 || gateways.includes(MESH)
}

/** A route of a VirtualService, and its place among those that are not ours. */
interface Placed {
  readonly route: HttpRoute
  readonly index: number
}

function copyFor(object: VirtualService, { route, index }: Placed, record: FaultRecord): HttpRoute[] {
  const matches = matchesFor(route, record.meets)
  if (matches === undefined) return []
  const { match: _match, ...rest } = route
  const name = `${routePrefix(record.id)}${index}`
  return [copyOf(object, { ...rest, name, ...(matches.length > 0 && { match: matches }) }, record)]
}

/** A route that redirects or answers by itself takes no fault, but keeps its place among the others. */
function copyOf(object: VirtualService, route: HttpRoute, record: FaultRecord): HttpRoute {
  const { fault: _foreign, ...rest } = route
  if (route.route === undefined) return rest
  const { meets, host } = record
  const destinations = meets.kind === 'Header' ? onlyTo(object, route, { host, subset: meets.subset }) : {}
  return { ...rest, ...destinations, fault: faultOf(record) }
}

/** What a prober sends goes to the version that is tried, also where its route gives that little weight. */
function onlyTo(
  { metadata }: VirtualService,
  route: HttpRoute,
  to: { readonly host: string; readonly subset: string },
): Pick<HttpRoute, 'route'> {
  const own = (route.route ?? []).filter(({ destination }) =>
    meansHost(destination.host, metadata.namespace, to.host),
  )
  const model = own.find(({ destination }) => destination.subset === to.subset) ?? own[0]
  if (model === undefined) return {}
  const { weight: _weight, ...bare } = model
  return { route: [{ ...bare, destination: { ...model.destination, subset: to.subset } }] }
}

/** What leads to the copy of a route: any of these, or everything where there are none; undefined: it gets no copy. */
function matchesFor(route: HttpRoute, meets: Meets): readonly Match[] | undefined {
  const given = (route['match'] ?? []) as readonly Match[]
  const matches: readonly Match[] = given.length === 0 ? [{}] : given
  switch (meets.kind) {
    case 'Callers': {
      const own = matches.map((match) => ofCallers(match, meets)).filter((match) => match !== undefined)
      return own.length === 0 ? undefined : own
    }
    case 'Header': {
      const own = matches.map((match) => withHeader(match, meets)).filter((match) => match !== undefined)
      return own.length === 0 ? undefined : own
    }
    case 'Everybody':
      return given
  }
}

/**
 * A match that holds for calls of the pods alone; undefined where none of theirs can meet it. Istio ignores labels and
 * namespace of the source in a match that names gateways, so that one would meet everybody.
 */
function ofCallers(match: Match, { labels, namespace }: Meets & { kind: 'Callers' }): Match | undefined {
  const { gateways, sourceLabels = {}, sourceNamespace = namespace, ...rest } = match
  if (gateways !== undefined && gateways.length > 0 && !gateways.includes(MESH)) return undefined
  if (sourceNamespace !== namespace) return undefined
  const contradicts = Object.entries(sourceLabels).some(([key, value]) => (labels[key] ?? value) !== value)
  if (contradicts) return undefined
  return { ...rest, sourceLabels: { ...sourceLabels, ...labels }, sourceNamespace: namespace }
}

/** A match that holds with the header alone; undefined where the route asks it for another value. */
function withHeader(match: Match, { name, value }: Meets & { kind: 'Header' }): Match | undefined {
  const asked = match.headers?.[name]
  const isOther = asked !== undefined && (asked as { readonly exact?: string }).exact !== value
  return isOther ? undefined : { ...match, headers: { ...match.headers, [name]: { exact: value } } }
}

function faultOf({ abort, delay }: FaultRecord): Record<string, unknown> {
  return { ...(abort && { abort: abortOf(abort) }), ...(delay && { delay: delayOf(delay) }) }
}

function abortOf({ percent, httpStatus, grpcStatus }: AbortFault): Record<string, unknown> {
  const answer = httpStatus === undefined ? { grpcStatus } : { httpStatus }
  return { percentage: { value: percent }, ...answer }
}

function delayOf({ percent, delayMs }: DelayFault): Record<string, unknown> {
  return { percentage: { value: percent }, fixedDelay: `${delayMs / 1000}s` }
}
