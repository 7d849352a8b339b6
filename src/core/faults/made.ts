import { shortHash } from '../hash.ts'
import type { VirtualService } from '../traffic/types.ts'
import { isFaultRoute, withCopies } from './copies.ts'
import { withFaultRecords } from './record.ts'
import type { FaultRecord } from './record.ts'

/** Name of the route in a VirtualService that is made for a fault. */
const MADE_ROUTE = 'sluice-made'
const MADE_PREFIX = 'sluice-fault-'
const MANAGED_BY = 'app.kubernetes.io/managed-by'

/** Where a VirtualService stands that is made for a fault: beside the callers, so that nobody else sees it. */
export function madeRef(host: string, namespace: string): { namespace: string; name: string } {
  return { namespace, name: `${MADE_PREFIX}${shortHash(host)}` }
}

/**
 * A VirtualService for a host that has none: the callers meet the fault, and everybody else of the namespace is routed as
 * without it. Proxies of other namespaces do not see it.
 */
export function madeVirtualService(record: FaultRecord, namespace: string): VirtualService {
  const { host } = record
  const object: VirtualService = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { ...madeRef(host, namespace), labels: { [MANAGED_BY]: 'sluice' } },
    spec: {
      hosts: [host],
      exportTo: ['.'],
      http: [{ name: MADE_ROUTE, route: [{ destination: { host } }] }],
    },
  }
  return withFaultRecords(withCopies(object, [record]), [record])
}

/** Was it made for faults, and has nobody else put a route into it? Then it goes with the last of them. */
export function isMade({ metadata, spec }: VirtualService): boolean {
  const labels = (metadata['labels'] ?? {}) as Readonly<Record<string, string>>
  const isOurs = metadata.name.startsWith(MADE_PREFIX) && labels[MANAGED_BY] === 'sluice'
  if (!isOurs || spec['tls'] !== undefined || spec['tcp'] !== undefined) return false
  return (spec.http ?? []).every((route) => isFaultRoute(route) || route.name === MADE_ROUTE)
}
