import { KEEP_FAULT_ANNOTATION } from '../../api/names.ts'
import { contentHash } from '../hash.ts'
import type { Edit } from '../traffic/edits.ts'
import type { HttpRoute, VirtualService } from '../traffic/types.ts'
import { isFaultRoute } from './copies.ts'
import { faultsIn } from './found.ts'
import type { FoundFault } from './found.ts'

/** A fault in a route that somebody else wrote. */
export interface ForeignFault extends FoundFault {
  /** Tells it from all others of the mesh: a fault whose content changes is another one. */
  readonly id: string
  readonly object: VirtualService
  /** Name of its route, or its place where it has none (`[2]`). */
  readonly route: string
}

/** The faults in a VirtualService that are not ours, kept ones included. */
export function foreignFaults(object: VirtualService): ForeignFault[] {
  const carrying = foreignRoutes(object)
  if (carrying.length === 0) return []
  const found = faultsIn(object).filter(({ record }) => record === undefined)
  return found.map((fault) => {
    const [route = ''] = fault.routes
    const content = carrying.find(({ name }) => name === route)?.fault
    return { ...fault, object, route, id: idOf(object, route, content) }
  })
}

/**
 * Takes faults that are not ours out of a VirtualService, by their ids: the field `fault` of their routes goes, and nothing
 * else. One that became another since somebody saw it stays.
 */
export function removeForeign(ids: ReadonlySet<string>): Edit<VirtualService> {
  return (object) => {
    const chosen = foreignRoutes(object).filter(({ name, fault }) => ids.has(idOf(object, name, fault)))
    if (chosen.length === 0) return { object }
    const places = new Set(chosen.map(({ index }) => index))
    const http = object.spec.http?.map((route, index) => (places.has(index) ? withoutFault(route) : route))
    return { object: { ...object, spec: { ...object.spec, ...(http && { http }) } } }
  }
}

/** The same, but what a person keeps stays, also when that was said a moment ago. */
export function removeUnkept(ids: ReadonlySet<string>): Edit<VirtualService> {
  const remove = removeForeign(ids)
  return (object) =>
    object.metadata.annotations?.[KEEP_FAULT_ANNOTATION] === undefined ? remove(object) : { object }
}

interface Carrying {
  readonly index: number
  readonly name: string
  readonly fault: unknown
}

function foreignRoutes({ spec }: VirtualService): Carrying[] {
  return (spec.http ?? []).flatMap((route, index) => {
    const { name = `[${index}]`, fault } = route
    return fault === undefined || isFaultRoute(route) ? [] : [{ index, name, fault }]
  })
}

function idOf({ metadata }: VirtualService, route: string, fault: unknown): string {
  return contentHash([metadata.namespace, metadata.name, route, fault])
}

function withoutFault({ fault: _fault, ...route }: HttpRoute): HttpRoute {
  return route
}
