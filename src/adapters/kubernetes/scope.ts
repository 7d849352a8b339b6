import { ROOT_NAMESPACE, meetsHost } from '../../core/faults/scope.ts'
import { hostOfService, hostsOfEntry, sidecarScope } from '../../core/faults/scope-views.ts'
import { serviceOfHost } from '../../core/traffic/hosts.ts'
import type { MeshScope } from '../../ports.ts'
import type { Caches } from './caches.ts'

/** Which hosts the mesh knows, from caches. */
export function meshScope(caches: Pick<Caches, 'services' | 'serviceEntries' | 'sidecars'>): MeshScope {
  return {
    hosts: (host) => {
      const ref = serviceOfHost(host)
      const service = ref && caches.services.get(ref)
      const entries = caches.serviceEntries.list().flatMap(hostsOfEntry)
      return [
        ...(service ? [hostOfService(service)] : []),
        ...entries.filter((known) => meetsHost(known.host, host)),
      ]
    },
    sidecars: (namespace) =>
      [...new Set([namespace, ROOT_NAMESPACE])].flatMap((one) => caches.sidecars.list(one).map(sidecarScope)),
  }
}
