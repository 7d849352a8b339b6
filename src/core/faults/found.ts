import { FIELD_MANAGER, KEEP_FAULT_ANNOTATION } from '../../api/names.ts'
import { fieldManagers } from '../traffic/managers.ts'
import type { HttpRoute, VirtualService } from '../traffic/types.ts'
import { isFaultRoute } from './copies.ts'
import { faultsOf, routePrefix } from './record.ts'
import type { FaultRecord } from './record.ts'

/** A fault that stands in a VirtualService. */
export interface FoundFault {
  readonly namespace: string
  readonly virtualService: string
  /** Names of the http routes that carry it, or their places where they have none (`[2]`). */
  readonly routes: readonly string[]
  readonly hosts: readonly string[]
  /** What it does, for people: `abort 100 % with 503, delay 50 % by 7s`. */
  readonly does: string
  /** Percent of the requests in these routes that meet it: the largest of its parts. */
  readonly share: number
  /** Absent: it is not ours. */
  readonly record?: FaultRecord
  /** It is not ours: who wrote the routes last, as the managed fields tell. */
  readonly setBy?: string
  /** When that was; RFC 3339. The fault may be older. */
  readonly setAt?: string
  /** It is not ours, and a person keeps it for this reason. */
  readonly keptBecause?: string
}

/** All faults in a VirtualService, ours by their records, others route by route; nothing of most objects. */
export function faultsIn(object: VirtualService): FoundFault[] {
  const carrying = (object.spec.http ?? []).flatMap((route, index) =>
    route['fault'] === undefined ? [] : [{ route, name: route.name ?? `[${index}]` }],
  )
  const records = faultsOf(object)
  const ours = records.map((record) => oursIn(object, record, carrying))
  const foreign = carrying.filter(({ route }) => !isFaultRoute(route))
  return [...ours, ...foreign.map((one) => foreignIn(object, one))]
}

/** Routes of ours that no record knows: somebody took the annotation away. */
export function orphansIn(object: VirtualService): string[] {
  const known = faultsOf(object).map(({ id }) => id)
  return (object.spec.http ?? []).flatMap((route) => {
    const isKnown = known.some((id) => route.name?.startsWith(routePrefix(id)))
    return isFaultRoute(route) && !isKnown ? [route.name ?? ''] : []
  })
}

interface Carrying {
  readonly route: HttpRoute
  readonly name: string
}

function oursIn(object: VirtualService, record: FaultRecord, carrying: readonly Carrying[]): FoundFault {
  const own = carrying.filter(({ name }) => name.startsWith(routePrefix(record.id)))
  return { ...placeOf(object), routes: own.map(({ name }) => name), ...told(partsOfRecord(record)), record }
}

function foreignIn(object: VirtualService, { route, name }: Carrying): FoundFault {
  const kept = object.metadata.annotations?.[KEEP_FAULT_ANNOTATION]
  // Who wrote the fault cannot be told any more once a release of ours has moved weights.
  const by = fieldManagers(object, ['spec', 'http']).find(({ manager }) => manager !== FIELD_MANAGER)
  return {
    ...placeOf(object),
    routes: [name],
    ...told(partsOf(route['fault'])),
    ...(by && { setBy: by.manager, ...(by.time !== undefined && { setAt: by.time }) }),
    ...(kept !== undefined && { keptBecause: kept }),
  }
}

function placeOf({
  metadata,
  spec,
}: VirtualService): Pick<FoundFault, 'namespace' | 'virtualService' | 'hosts'> {
  const hosts = (spec['hosts'] ?? []) as readonly string[]
  return { namespace: metadata.namespace, virtualService: metadata.name, hosts }
}

/** What a fault of ours does, for people: `abort 100 % with 503, delay 50 % by 7s`. */
export function doesOf(fault: Pick<FaultRecord, 'abort' | 'delay'>): string {
  return told(partsOfRecord(fault)).does
}

/** One thing that a fault does. */
interface Part {
  readonly percent: number
  readonly text: string
}

function told(parts: readonly Part[]): Pick<FoundFault, 'does' | 'share'> {
  return {
    does: parts.map(({ text }) => text).join(', ') || 'nothing',
    share: Math.max(0, ...parts.map(({ percent }) => percent)),
  }
}

function partsOfRecord({ abort, delay }: Pick<FaultRecord, 'abort' | 'delay'>): Part[] {
  return [
    ...(abort ? [abortPart(abort.percent, abort.httpStatus ?? abort.grpcStatus)] : []),
    ...(delay ? [delayPart(delay.percent, `${delay.delayMs / 1000}s`)] : []),
  ]
}

/** Istio's `fault`, as anybody may have written it. Without a percentage it meets all requests. */
function partsOf(fault: unknown): Part[] {
  const { abort, delay } = (fault ?? {}) as { abort?: IstioPart; delay?: IstioPart }
  return [
    ...(abort ? [abortPart(percentOf(abort), abort.httpStatus ?? abort.grpcStatus ?? abort.http2Error)] : []),
    ...(delay ? [delayPart(percentOf(delay), delay.fixedDelay ?? delay.exponentialDelay)] : []),
  ]
}

interface IstioPart {
  readonly percentage?: { readonly value?: number }
  /** Deprecated by Istio, and still read. */
  readonly percent?: number
  readonly httpStatus?: number
  readonly grpcStatus?: string
  readonly http2Error?: string
  readonly fixedDelay?: string
  readonly exponentialDelay?: string
}

function percentOf({ percentage, percent }: IstioPart): number {
  if (percentage !== undefined) return percentage.value ?? 0
  return percent ?? 100
}

function abortPart(percent: number, answer: number | string | undefined): Part {
  return { percent, text: `abort ${percent} % with ${answer ?? 'an error'}` }
}

function delayPart(percent: number, by: string | undefined): Part {
  return { percent, text: `delay ${percent} % by ${by ?? 'some time'}` }
}
