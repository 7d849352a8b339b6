import type {
  KubernetesListObject,
  KubernetesObject,
  V1Namespace,
  V1Pod,
  V1Service,
} from '@kubernetes/client-node'
import type { Logger } from 'pino'
import { API_VERSION, GROUP } from '../../api/names.ts'
import type { DestinationRule, VirtualService } from '../../core/traffic/types.ts'
import type { KubernetesClient } from './client.ts'
import { ObjectCache } from './object-cache.ts'

/** Any object, as JSON. */
export type Raw = KubernetesObject & { readonly spec?: unknown; readonly status?: unknown }

/** Group, version and plural of a kind that is read as plain JSON. */
export interface Kind {
  readonly group: string
  readonly version: string
  readonly plural: string
}

export const ROLLOUTS: Kind = { group: GROUP, version: API_VERSION, plural: 'rollouts' }
export const VIRTUAL_SERVICES: Kind = {
  group: 'networking.istio.io',
  version: 'v1',
  plural: 'virtualservices',
}
export const DESTINATION_RULES: Kind = { ...VIRTUAL_SERVICES, plural: 'destinationrules' }
export const DEPLOYMENTS: Kind = { group: 'apps', version: 'v1', plural: 'deployments' }
export const STATEFUL_SETS: Kind = { ...DEPLOYMENTS, plural: 'statefulsets' }

/** All that Sluice watches. */
export interface Caches {
  readonly rollouts: ObjectCache<Raw>
  readonly virtualServices: ObjectCache<VirtualService & Raw>
  readonly destinationRules: ObjectCache<DestinationRule & Raw>
  readonly deployments: ObjectCache<Raw>
  readonly statefulSets: ObjectCache<Raw>
  readonly services: ObjectCache<V1Service>
  readonly pods: ObjectCache<V1Pod>
  readonly namespaces: ObjectCache<V1Namespace>
}

/** Caches of everything that is watched, over all namespaces; not started yet. */
export function cachesOf(client: KubernetesClient, log: Logger): Caches {
  const plain = <T extends Raw>(kind: Kind) => plainCache<T>(client, kind, log)
  return {
    rollouts: plain(ROLLOUTS),
    virtualServices: plain<VirtualService & Raw>(VIRTUAL_SERVICES),
    destinationRules: plain<DestinationRule & Raw>(DESTINATION_RULES),
    deployments: plain(DEPLOYMENTS),
    statefulSets: plain(STATEFUL_SETS),
    services: new ObjectCache<V1Service>(
      client,
      {
        kind: 'services',
        path: '/api/v1/services',
        list: async () => client.core.listServiceForAllNamespaces(),
      },
      log,
    ),
    pods: new ObjectCache<V1Pod>(
      client,
      { kind: 'pods', path: '/api/v1/pods', list: async () => client.core.listPodForAllNamespaces() },
      log,
    ),
    namespaces: new ObjectCache<V1Namespace>(
      client,
      {
        kind: 'namespaces',
        path: '/api/v1/namespaces',
        list: async () => client.core.listNamespace(),
      },
      log,
    ),
  }
}

/** Starts all watches; they keep trying by themselves. */
export async function startCaches(caches: Caches): Promise<void> {
  await Promise.all(allOf(caches).map(async (cache) => cache.start()))
}

export async function stopCaches(caches: Caches): Promise<void> {
  await Promise.all(allOf(caches).map(async (cache) => cache.stop()))
}

/** Resolves when every kind was listed once. */
export async function whenSynced(caches: Caches): Promise<void> {
  await Promise.all(allOf(caches).map(async (cache) => cache.whenSynced()))
}

/** Every kind was listed once: decisions may be taken. */
export function areSynced(caches: Caches): boolean {
  return allOf(caches).every((cache) => cache.isSynced())
}

/** All caches, for what concerns every kind alike. */
export function allOf(caches: Caches): ObjectCache<KubernetesObject>[] {
  return Object.values(caches) as ObjectCache<KubernetesObject>[]
}

function plainCache<T extends Raw>(client: KubernetesClient, kind: Kind, log: Logger): ObjectCache<T> {
  const { group, version, plural } = kind
  const list = async () =>
    (await client.custom.listClusterCustomObject({ group, version, plural })) as KubernetesListObject<T>
  return new ObjectCache<T>(client, { kind: plural, path: `/apis/${group}/${version}/${plural}`, list }, log)
}
