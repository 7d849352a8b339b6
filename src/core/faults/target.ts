import { meansHost, resolveHost, serviceOfHost } from '../traffic/hosts.ts'
import type { VirtualService } from '../traffic/types.ts'
import { appliesToMesh } from './copies.ts'

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
    const covering = hostsOf(one).find((pattern) => covers(pattern, host))
    return covering === undefined ? [] : [{ object: one, host: covering }]
  })[0]
  return wild === undefined ? { kind: 'Make' } : { kind: 'Wildcard', ...wild }
}

/** Calls to another Service would meet the fault, too; names from outside mean the same service there. */
function otherService(object: VirtualService, host: string): string | undefined {
  const full = hostsOf(object).map((one) => resolveHost(one, object.metadata.namespace))
  return full.find((one) => one !== host && serviceOfHost(one) !== undefined)
}

/** Is the object exported to proxies of a namespace? Istio's default is to all. */
export function isSeenFrom(
  { metadata, spec }: Pick<VirtualService, 'metadata' | 'spec'>,
  namespace: string,
): boolean {
  const exported = (spec['exportTo'] ?? []) as readonly string[]
  if (exported.length === 0) return true
  return exported.some(
    (one) => one === '*' || one === namespace || (one === '.' && metadata.namespace === namespace),
  )
}

function hostsOf({ spec }: VirtualService): readonly string[] {
  return (spec['hosts'] ?? []) as readonly string[]
}

function means({ metadata }: VirtualService, written: string, host: string): boolean {
  return meansHost(written, metadata.namespace, host)
}

/** Istio's wildcards stand for any prefix: `*.example.com`, or `*` for all. */
function covers(pattern: string, host: string): boolean {
  return pattern.startsWith('*') && host.endsWith(pattern.slice(1))
}
