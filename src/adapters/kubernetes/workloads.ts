import type { V1ContainerStatus, V1ObjectMeta, V1Pod } from '@kubernetes/client-node'
import { contentHash } from '../../core/hash.ts'
import { hasProxy } from '../../core/policy/proxied.ts'
import type { LabelSelector } from '../../core/policy/selector.ts'
import { trackerOf } from '../../core/policy/tracking.ts'
import type { PodView, ServiceView, Workloads, WorkloadView } from '../../ports.ts'
import type { Caches, Raw, WorkloadCache } from './caches.ts'

interface WorkloadSpec {
  readonly replicas?: number
  readonly selector?: Partial<LabelSelector>
  readonly template?: {
    readonly metadata?: { readonly labels?: Record<string, string> }
    readonly spec?: unknown
  }
}

/** What runs in the cluster, read from caches. */
export function workloadsOf(caches: Caches): Workloads {
  return {
    namespace: (name) => {
      const namespace = caches.namespaces.get({ namespace: '', name })
      return namespace && { labels: namespace.metadata?.labels ?? {} }
    },
    service: (ref) => {
      const service = caches.services.get(ref)
      return service && serviceView(ref.namespace, ref.name, service.spec?.selector)
    },
    pods: (namespace, selector) =>
      caches.pods
        .list(namespace)
        .filter((pod) => matches(pod.metadata?.labels, selector))
        .map(podView),
    workloads: (namespace, selector) => {
      const all = caches.workloads.flatMap((cache) =>
        cache.objects.list(namespace).flatMap((raw) => workloadView(cache, raw)),
      )
      return all.filter(({ podLabels }) => matches(podLabels, selector))
    },
  }
}

/** An empty selector selects nothing: a Service without one has its endpoints from elsewhere. */
function matches(
  labels: Record<string, string> | undefined,
  selector: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(selector)
  return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value)
}

function serviceView(
  namespace: string,
  name: string,
  selector: Record<string, string> | undefined,
): ServiceView {
  return { namespace, name, selector: selector ?? {} }
}

function podView(pod: V1Pod): PodView {
  const ready = pod.status?.conditions?.some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  )
  return {
    name: pod.metadata?.name ?? '',
    labels: pod.metadata?.labels ?? {},
    ready: ready === true,
    crashing: pod.status?.phase === 'Failed' || isCrashing(pod),
    terminating: pod.metadata?.deletionTimestamp !== undefined,
    hasSidecar: hasSidecar(pod),
  }
}

function hasSidecar({ metadata, spec }: V1Pod): boolean {
  const { containers, initContainers } = spec ?? {}
  return hasProxy({ annotations: metadata?.annotations, containers, initContainers })
}

/** A container that is not ready ended with an error before. */
function isCrashing(pod: V1Pod): boolean {
  return (pod.status?.containerStatuses ?? []).some(hasCrashed)
}

function hasCrashed({ ready, state, lastState }: V1ContainerStatus): boolean {
  const ended = state?.terminated ?? lastState?.terminated
  return !ready && ended !== undefined && ended.exitCode !== 0
}

/** Kinds that run a pod on each node: there is no number to ask for. */
const WITHOUT_REPLICAS: ReadonlySet<string> = new Set(['daemonsets.apps'])

/** An object without a pod template runs no pods of its own: an empty list. */
function workloadView({ resource, kind: { plural } }: WorkloadCache, raw: Raw): WorkloadView | [] {
  const { metadata = {}, kind = plural } = raw
  const { replicas = 1, selector, template } = (raw.spec ?? {}) as WorkloadSpec
  if (template === undefined) return []
  return {
    kind,
    resource,
    ...identityOf(metadata),
    podLabels: template.metadata?.labels ?? {},
    ...selectorOf(selector),
    ...(!WITHOUT_REPLICAS.has(resource) && { replicas }),
    templateHash: contentHash(template),
  }
}

/** An empty one means every pod for some kinds, and none for others: it tells nothing. */
function selectorOf(selector: WorkloadSpec['selector']): { selector?: LabelSelector } {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {}
  const isEmpty = Object.keys(matchLabels).length + matchExpressions.length === 0
  return isEmpty ? {} : { selector: { matchLabels, matchExpressions } }
}

function identityOf(metadata: V1ObjectMeta) {
  const { namespace = '', name = '', uid = '', resourceVersion = '', labels = {} } = metadata
  const trackedBy = trackerOf(metadata)
  return { namespace, name, uid, resourceVersion, labels, ...(trackedBy && { trackedBy }) }
}
