import { fullHost } from '../../src/core/traffic/hosts.ts'
import type { KnownHost, SidecarScope } from '../../src/core/faults/scope.ts'
import type { MeshScope } from '../../src/ports.ts'
import type { CachedView } from './cached-view.ts'
import type { StoredObject } from './object-store.ts'

interface Spec {
  readonly hosts?: readonly string[]
  readonly exportTo?: readonly string[]
  readonly ports?: readonly { readonly name?: string; readonly protocol?: string }[]
  readonly workloadSelector?: { readonly labels: Readonly<Record<string, string>> }
  readonly egress?: readonly { readonly hosts: readonly string[] }[]
}

/** Services, ServiceEntries and Sidecars in memory, as manifests. */
export function fakeScope(cache: CachedView): MeshScope {
  return {
    hosts: (host) => {
      const known = [
        ...cache.list('Service').map(serviceHost),
        ...cache.list('ServiceEntry').flatMap(entryHosts),
      ]
      return known.filter((one) => one.host === host || isCovered(one.host, host))
    },
    sidecars: (namespace) =>
      cache
        .list('Sidecar')
        .filter(({ metadata }) => [namespace, 'istio-system'].includes(metadata.namespace))
        .map(scopeOf),
  }
}

function isCovered(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') && host.endsWith(pattern.slice(1))
}

function specOf(object: StoredObject): Spec {
  return object['spec'] ?? {}
}

function serviceHost(object: StoredObject): KnownHost {
  const { namespace, name } = object.metadata
  const annotations = object.metadata['annotations'] as Record<string, string> | undefined
  const exported = annotations?.['networking.istio.io/exportTo']
  const { ports } = specOf(object)
  return {
    kind: 'Service',
    namespace,
    name,
    host: fullHost({ namespace, name }),
    exportTo: exported === undefined ? [] : exported.split(','),
    readable: ports?.every((port) => port.name?.startsWith('tcp') === true) !== true,
  }
}

function entryHosts(object: StoredObject): KnownHost[] {
  const { namespace, name } = object.metadata
  const { hosts = [], exportTo = [], ports = [] } = specOf(object)
  const readable = ports.some(({ protocol }) => protocol === 'HTTP')
  return hosts.map((host) => ({ kind: 'ServiceEntry', namespace, name, host, exportTo, readable }))
}

function scopeOf(object: StoredObject): SidecarScope {
  const { namespace, name, creationTimestamp: createdAt = '' } = object.metadata
  const { workloadSelector, egress } = specOf(object)
  return {
    namespace,
    name,
    ...(workloadSelector && { selector: workloadSelector.labels }),
    hosts: egress === undefined ? ['*/*'] : egress.flatMap(({ hosts }) => hosts),
    createdAt,
  }
}
