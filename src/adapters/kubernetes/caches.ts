import type {
  KubernetesListObject,
  KubernetesObject,
  V1Namespace,
  V1Pod,
  V1Service,
} from '@kubernetes/client-node'
import type { Logger } from 'pino'
import { API_VERSION, GROUP } from '../../api/names.ts'
import { slimEntry, slimSidecar } from '../../core/faults/scope-views.ts'
import type { DestinationRule, VirtualService } from '../../core/traffic/types.ts'
import type { KubernetesClient } from './client.ts'
import { ObjectCache } from './object-cache.ts'
import type { Source } from './object-cache.ts'

/** Any object, as JSON. */
export type Raw = KubernetesObject & { readonly spec?: unknown; readonly status?: unknown }

/** Group, version and plural of a kind that is read as plain JSON. */
export interface Kind {
  readonly group: string
  readonly version: string
  readonly plural: string
}

export const ROLLOUTS: Kind = { group: GROUP, version: API_VERSION, plural: 'rollouts' }
const METRIC_TEMPLATES: Kind = { ...ROLLOUTS, plural: 'metrictemplates' }
export const VIRTUAL_SERVICES: Kind = {
  group: 'networking.istio.io',
  version: 'v1',
  plural: 'virtualservices',
}
export const DESTINATION_RULES: Kind = { ...VIRTUAL_SERVICES, plural: 'destinationrules' }
export const SERVICE_ENTRIES: Kind = { ...VIRTUAL_SERVICES, plural: 'serviceentries' }
export const SIDECARS: Kind = { ...VIRTUAL_SERVICES, plural: 'sidecars' }
export const AUTOSCALERS: Kind = { group: 'autoscaling', version: 'v2', plural: 'horizontalpodautoscalers' }
const BUDGETS: Kind = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' }
/** Kinds of workloads that every cluster has. */
const WORKLOADS = ['deployments.v1.apps', 'statefulsets.v1.apps'].map(kindOf)

/** The cluster may lack the kind. */
const OPTIONAL = { isOptional: true }

/** Workloads of one kind. */
export interface WorkloadCache {
  readonly kind: Kind
  /** As kubectl names it: `deployments.apps`. */
  readonly resource: string
  readonly objects: ObjectCache<Raw>
}

/** All that Sluice watches. */
export interface Caches {
  readonly rollouts: ObjectCache<Raw>
  readonly metricTemplates: ObjectCache<Raw>
  readonly virtualServices: ObjectCache<VirtualService & Raw>
  readonly destinationRules: ObjectCache<DestinationRule & Raw>
  /** Without their endpoints. */
  readonly serviceEntries: ObjectCache<Raw>
  /** What they say of egress. */
  readonly sidecars: ObjectCache<Raw>
  readonly workloads: readonly WorkloadCache[]
  readonly autoscalers: ObjectCache<Raw>
  readonly budgets: ObjectCache<Raw>
  readonly services: ObjectCache<V1Service>
  readonly pods: ObjectCache<V1Pod>
  readonly namespaces: ObjectCache<V1Namespace>
}

/**
 * Caches of everything that is watched, over all namespaces; not started yet.
 * @param workloadKinds kinds of workloads beyond Deployments and StatefulSets, as `plural.version.group`; the cluster
 *   may lack them
 */
export function cachesOf(
  client: KubernetesClient,
  log: Logger,
  workloadKinds: readonly string[] = [],
): Caches {
  const plain = <T extends Raw>(kind: Kind) => plainCache<T>(client, kind, log)
  return {
    rollouts: plain(ROLLOUTS),
    // A cluster whose definitions are older has none of them, and its Rollouts name none.
    metricTemplates: plainCache(client, METRIC_TEMPLATES, log, OPTIONAL),
    virtualServices: plain<VirtualService & Raw>(VIRTUAL_SERVICES),
    destinationRules: plain<DestinationRule & Raw>(DESTINATION_RULES),
    serviceEntries: plainCache(client, SERVICE_ENTRIES, log, { ...OPTIONAL, keep: slimEntry }),
    sidecars: plainCache(client, SIDECARS, log, { ...OPTIONAL, keep: slimSidecar }),
    workloads: [
      ...WORKLOADS.map((kind) => workloadCache(kind, plain(kind))),
      ...workloadKinds
        .map(kindOf)
        .filter((kind) => !WORKLOADS.some((known) => resourceOf(known) === resourceOf(kind)))
        .map((kind) => workloadCache(kind, plainCache(client, kind, log, OPTIONAL))),
    ],
    autoscalers: plain(AUTOSCALERS),
    budgets: plain(BUDGETS),
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
  const { workloads, ...others } = caches
  return [
    ...Object.values(others),
    ...workloads.map(({ objects }) => objects),
  ] as ObjectCache<KubernetesObject>[]
}

/** The kind that `plural.version.group` names. */
function kindOf(text: string): Kind {
  const [plural = '', version = '', ...group] = text.split('.')
  return { plural, version, group: group.join('.') }
}

function resourceOf({ plural, group }: Kind): string {
  return `${plural}.${group}`
}

function workloadCache(kind: Kind, objects: ObjectCache<Raw>): WorkloadCache {
  return { kind, resource: resourceOf(kind), objects }
}

function plainCache<T extends Raw>(
  client: KubernetesClient,
  kind: Kind,
  log: Logger,
  more: Pick<Source<T>, 'isOptional' | 'keep'> = {},
): ObjectCache<T> {
  const { group, version, plural } = kind
  const list = async () =>
    named(
      (await client.custom.listClusterCustomObject({ group, version, plural })) as KubernetesListObject<T>,
    )
  const path = `/apis/${group}/${version}/${plural}`
  return new ObjectCache<T>(client, { kind: plural, path, list, ...more }, log)
}

/** Objects in lists of Kubernetes' own kinds do not tell their kind; those of watches do. */
function named<T extends Raw>(list: KubernetesListObject<T>): KubernetesListObject<T> {
  const kind = list.kind?.replace(/List$/, '')
  return { ...list, items: list.items.map((item) => (kind === undefined ? item : { ...item, kind })) }
}
