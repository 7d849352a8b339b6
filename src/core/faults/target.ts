import { keyOf } from '../../api/names.ts'
import { meansHost, resolveHost, serviceOfHost } from '../traffic/hosts.ts'
import type { VirtualService } from '../traffic/types.ts'
import { appliesToMesh } from './copies.ts'
import { isExportedTo, meetsHost } from './scope.ts'

/** Where a fault for the callers of a host has to be written. */
export type FaultTarget =
  | { readonly kind: 'Existing'; readonly object: VirtualService }
  /** The host has no VirtualService: one is made. */
  | { readonly kind: 'Make' }
  /** Nobody can tell which of them Istio goes by. */
  | { readonly kind: 'Ambiguous'; readonly objects: readonly VirtualService[] }
  /** It routes for others, too: a wildcard, or another Service. */
  | { readonly kind: 'Wildcard'; readonly object: VirtualService; readonly host: string }

/**
 * The VirtualService by which proxies of a namespace route calls to a host: the one that names it, steers the mesh and is
 * exported there. One that was made for a fault counts.
 * @param all VirtualServices of the mesh
 */
export function faultTarget(host: string, namespace: string, all: readonly VirtualService[]): FaultTarget {
  const seen = all.filter((object) => appliesToMesh(object) && isSeenFrom(object, namespace))
  const naming = seen.filter((object) => hostsOf(object).some((one) => means(object, one, host)))
  const [object, another] = naming
  if (another !== undefined) return { kind: 'Ambiguous', objects: naming }
  if (object !== undefined) {
    const other = otherService(object, host)
    return other === undefined ? { kind: 'Existing', object } : { kind: 'Wildcard', object, host: other }
  }
  const wild = seen.flatMap((one) => {
    const covering = hostsOf(one).find((pattern) => meetsHost(pattern, host))
    return covering === undefined ? [] : [{ object: one, host: covering }]
  })[0]
  return wild === undefined ? { kind: 'Make' } : { kind: 'Wildcard', ...wild }
}

/** Calls to another Service would meet the fault, too; names from outside mean the same service there. */
function otherService(object: VirtualService, host: string): string | undefined {
  const full = hostsOf(object).map((one) => resolveHost(one, object.metadata.namespace))
  return full.find((one) => one !== host && serviceOfHost(one) !== undefined)
}

/** Why a fault for the callers of a host cannot be written, and what to do; for people. */
export function unclearText(
  host: string,
  target: Exclude<FaultTarget, { kind: 'Existing' | 'Make' }>,
): string {
  if (target.kind === 'Wildcard')
    return `VirtualService ${keyOf(target.object.metadata)} routes ${target.host}, which is more than ${host}; give ${host} a VirtualService of its own`
  const names = target.objects.map(({ metadata }) => keyOf(metadata)).toSorted()
  return `several VirtualServices route ${host}: ${names.join(', ')}; nobody can tell which of them Istio goes by: keep one of them`
}

/** Istio's default is to export to all. */
function isSeenFrom({ metadata, spec }: VirtualService, namespace: string): boolean {
  const exportTo = (spec['exportTo'] ?? []) as readonly string[]
  return isExportedTo({ namespace: metadata.namespace, exportTo }, namespace)
}

function hostsOf({ spec }: VirtualService): readonly string[] {
  return (spec['hosts'] ?? []) as readonly string[]
}

function means({ metadata }: VirtualService, written: string, host: string): boolean {
  return meansHost(written, metadata.namespace, host)
}
