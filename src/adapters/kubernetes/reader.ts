import type { KubernetesObject } from '@kubernetes/client-node'
import type { ObjectRef } from '../../api/names.ts'
import type { ListKind, Manifest, ObjectReader, ReadKind } from '../../ports-views.ts'
import { DESTINATION_RULES, ROLLOUTS, SERVICE_ENTRIES, SIDECARS, VIRTUAL_SERVICES } from './caches.ts'
import type { Kind } from './caches.ts'
import { unlessMissing } from './client.ts'
import type { KubernetesClient } from './client.ts'

interface List {
  readonly items: readonly KubernetesObject[]
}

const LISTED: Readonly<Record<ListKind, Kind>> = {
  Rollout: ROLLOUTS,
  VirtualService: VIRTUAL_SERVICES,
  DestinationRule: DESTINATION_RULES,
  ServiceEntry: SERVICE_ENTRIES,
  Sidecar: SIDECARS,
  Deployment: { group: 'apps', version: 'v1', plural: 'deployments' },
  StatefulSet: { group: 'apps', version: 'v1', plural: 'statefulsets' },
}

/** Objects read from the API server with the rights of who asks. Nothing is cached, and nothing written. */
export function objectReader(client: KubernetesClient): ObjectReader {
  return {
    read: async (kind, ref) => {
      const object = await unlessMissing(read(client, kind, ref))
      return object && manifestOf(object)
    },
    list: async (kind, namespace) =>
      manifestsOf(await unlessMissing(listed(client, LISTED[kind], namespace))),
    pods: async (namespace) => manifestsOf(await unlessMissing(client.core.listNamespacedPod({ namespace }))),
  }
}

async function read(
  client: KubernetesClient,
  kind: ReadKind,
  { namespace, name }: ObjectRef,
): Promise<KubernetesObject> {
  if (kind === 'Namespace') return client.core.readNamespace({ name })
  if (kind === 'Service') return client.core.readNamespacedService({ namespace, name })
  const request = { ...LISTED[kind], namespace, name }
  return (await client.custom.getNamespacedCustomObject(request)) as KubernetesObject
}

async function listed(client: KubernetesClient, kind: Kind, namespace: string | undefined): Promise<List> {
  const request =
    namespace === undefined
      ? client.custom.listClusterCustomObject(kind)
      : client.custom.listNamespacedCustomObject({ ...kind, namespace })
  return (await request) as List
}

function manifestsOf(list: List | undefined): Manifest[] {
  return (list?.items ?? []).map(manifestOf)
}

function manifestOf(object: KubernetesObject): Manifest {
  const { name = '', namespace = '', ...metadata } = object.metadata ?? {}
  return { ...object, metadata: { name, namespace, ...metadata } }
}
