import { keyOf } from '../../api/names.ts'
import { faultsIn, orphansIn } from '../../core/faults/found.ts'
import type { FoundFault } from '../../core/faults/found.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import { RefusedError } from '../../ports.ts'
import type { Manifest } from '../../ports-views.ts'
import type { Cluster } from '../shell.ts'

/** The faults of a cluster, or of a namespace. */
export interface Survey {
  /** How many VirtualServices were looked at. */
  readonly looked: number
  /** By namespace and VirtualService. */
  readonly faults: readonly FoundFault[]
  readonly orphans: readonly Orphans[]
}

/** Routes of ours in a VirtualService that no record knows any more: nobody can tell whose they are. */
export interface Orphans extends Pick<FoundFault, 'namespace' | 'virtualService' | 'hosts' | 'routes'> {
  readonly orphaned: true
}

/** What stands in these VirtualServices. */
export function surveyOf(objects: readonly VirtualService[]): Survey {
  const inOrder = objects.toSorted(({ metadata: a }, { metadata: b }) => keyOf(a).localeCompare(keyOf(b)))
  return { looked: objects.length, faults: inOrder.flatMap(faultsIn), orphans: inOrder.flatMap(orphansOf) }
}

function orphansOf(object: VirtualService): Orphans[] {
  const routes = orphansIn(object)
  if (routes.length === 0) return []
  const hosts = (object.spec['hosts'] ?? []) as readonly string[]
  const { namespace, name } = object.metadata
  return [{ namespace, virtualService: name, hosts, routes, orphaned: true }]
}

/**
 * VirtualServices of a namespace, or of all; where only those of the context's namespace may be listed, these.
 * @param note told what was left out
 */
export async function virtualServicesOf(
  { reader, namespace: own }: Cluster,
  namespace: string | undefined,
  note: (line: string) => void,
): Promise<readonly VirtualService[]> {
  try {
    return routesIn(await reader.list('VirtualService', namespace))
  } catch (error) {
    if (namespace !== undefined || !(error instanceof RefusedError)) throw error
    note(`only namespace ${own} was looked at: you may not list VirtualServices of all namespaces`)
    return routesIn(await reader.list('VirtualService', own))
  }
}

/** Manifests of VirtualServices as what they are; lists of some API servers leave the kind out. */
export function routesIn(manifests: readonly Manifest[]): readonly VirtualService[] {
  return manifests.map((manifest) => ({ spec: {}, ...manifest, kind: 'VirtualService' }) as VirtualService)
}
