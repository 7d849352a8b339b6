import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import { FIELD_MANAGER } from '../../api/names.ts'
import { contentHash } from '../../core/hash.ts'
import type { PodView, ServiceView, Workloads, WorkloadView } from '../../ports.ts'
import type { Caches, Raw } from './caches.ts'
import { unlessMissing } from './client.ts'
import type { KubernetesClient } from './client.ts'

interface WorkloadSpec {
  readonly replicas?: number
  readonly template?: {
    readonly metadata?: { readonly labels?: Record<string, string> }
    readonly spec?: unknown
  }
}

/** What runs in the cluster, read from caches. */
export function workloadsOf(client: KubernetesClient, caches: Caches): Workloads {
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
      const deployments = caches.deployments.list(namespace).map((raw) => workloadView('Deployment', raw))
      const statefulSets = caches.statefulSets.list(namespace).map((raw) => workloadView('StatefulSet', raw))
      return [...deployments, ...statefulSets].filter(({ podLabels }) => matches(podLabels, selector))
    },
    scaleToZero: async (workload) => {
      if (workload.replicas > 0) await scaleToZero(client, workload)
    },
  }
}

async function scaleToZero(client: KubernetesClient, { kind, namespace, name }: WorkloadView): Promise<void> {
  const request = { name, namespace, body: { spec: { replicas: 0 } }, fieldManager: FIELD_MANAGER }
  const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
  await unlessMissing(
    kind === 'Deployment'
      ? client.apps.patchNamespacedDeploymentScale(request, options)
      : client.apps.patchNamespacedStatefulSetScale(request, options),
  )
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
  }
}

/** A container that is not ready ended with an error before. */
function isCrashing(pod: V1Pod): boolean {
  return (pod.status?.containerStatuses ?? []).some(hasCrashed)
}

function hasCrashed({ ready, state, lastState }: V1ContainerStatus): boolean {
  const ended = state?.terminated ?? lastState?.terminated
  return !ready && ended !== undefined && ended.exitCode !== 0
}

function workloadView(kind: WorkloadView['kind'], { metadata = {}, spec }: Raw): WorkloadView {
  const { replicas = 1, template } = (spec ?? {}) as WorkloadSpec
  const { namespace = '', name = '', labels = {} } = metadata
  const podLabels = template?.metadata?.labels ?? {}
  return { kind, namespace, name, labels, podLabels, replicas, templateHash: contentHash(template) }
}
