import { contentHash } from '../../src/core/hash.ts'
import type { LabelSelector } from '../../src/core/policy/selector.ts'
import { trackerOf } from '../../src/core/policy/tracking.ts'
import type { Traces } from '../../src/core/policy/tracking.ts'
import type { PodView, WorkloadView, Workloads } from '../../src/ports.ts'
import type { CachedView } from './cached-view.ts'
import type { StoredObject } from './object-store.ts'

type Labels = Readonly<Record<string, string>>
/** Kinds of workloads, and how kubectl names them. */
const KINDS = {
  Deployment: 'deployments.apps',
  StatefulSet: 'statefulsets.apps',
  DaemonSet: 'daemonsets.apps',
} as const

/** Services, pods and workloads in memory, as manifests of Kubernetes. */
export function fakeWorkloads(cache: CachedView): Workloads {
  return {
    namespace: (name) => {
      const namespace = cache.read('Namespace', { namespace: '', name })
      return namespace && { labels: labelsOf(namespace.metadata) }
    },
    service: (ref) => {
      const service = cache.read('Service', ref)
      return service && { namespace: ref.namespace, name: ref.name, selector: selectorOf(service) }
    },
    pods: (namespace, selector) =>
      cache
        .list('Pod', namespace)
        .filter((pod) => isSelected(labelsOf(pod.metadata), selector))
        .map(podView),
    workloads: (namespace, selector) =>
      Object.keys(KINDS)
        .flatMap((kind) => cache.list(kind, namespace))
        .map(workloadView)
        .filter(({ podLabels }) => isSelected(podLabels, selector)),
  }
}

/** Labels of a pod, or of the template of a workload. */
export function labelsOf(metadata: unknown): Labels {
  return (metadata as { labels?: Labels } | undefined)?.labels ?? {}
}

/** An empty selector selects nothing. */
export function isSelected(labels: Labels, selector: Labels): boolean {
  const wanted = Object.entries(selector)
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}

export function selectorOf(service: StoredObject): Labels {
  return (service['spec'] as { selector?: Labels } | undefined)?.selector ?? {}
}

interface PodStatus {
  readonly phase?: string
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  readonly containerStatuses?: readonly ContainerStatus[]
}

interface ContainerStatus {
  readonly ready: boolean
  readonly state?: { readonly terminated?: { readonly exitCode: number } }
  readonly lastState?: { readonly terminated?: { readonly exitCode: number } }
}

function podView(pod: StoredObject): PodView {
  const status = (pod['status'] ?? {}) as PodStatus
  const isReady = status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
  return {
    name: pod.metadata.name,
    labels: labelsOf(pod.metadata),
    ready: isReady,
    crashing: status.phase === 'Failed' || status.containerStatuses?.some(hasCrashed) === true,
    terminating: pod.metadata.deletionTimestamp !== undefined,
    hasSidecar: hasSidecar(pod),
  }
}

function hasSidecar({ metadata, spec }: StoredObject): boolean {
  const annotations = metadata['annotations'] as Labels | undefined
  const { containers = [], initContainers = [] } = (spec ?? {}) as Record<
    string,
    readonly { readonly name: string }[]
  >
  const names = [...containers, ...initContainers].map(({ name }) => name)
  return names.includes('istio-proxy') || annotations?.['sidecar.istio.io/status'] !== undefined
}

function hasCrashed({ ready, state, lastState }: ContainerStatus): boolean {
  const exitCode = (state?.terminated ?? lastState?.terminated)?.exitCode ?? 0
  return !ready && exitCode !== 0
}

function workloadView(object: StoredObject): WorkloadView {
  const { kind, metadata } = object
  const {
    replicas = 1,
    selector,
    template,
  } = (object['spec'] ?? {}) as {
    replicas?: number
    selector?: Partial<LabelSelector>
    template?: { metadata?: unknown }
  }
  const { namespace, name, uid = '', resourceVersion = '' } = metadata
  const trackedBy = trackerOf(metadata as Traces)
  return {
    kind,
    resource: KINDS[kind as keyof typeof KINDS],
    namespace,
    name,
    uid,
    resourceVersion,
    labels: labelsOf(metadata),
    podLabels: labelsOf(template?.metadata),
    ...(selector && { selector: { matchLabels: {}, matchExpressions: [], ...selector } }),
    ...(kind !== 'DaemonSet' && { replicas }),
    templateHash: contentHash(template),
    ...(trackedBy && { trackedBy }),
  }
}
