import { contentHash } from '../../src/core/hash.ts'
import type { PodView, WorkloadView, Workloads } from '../../src/ports.ts'
import type { CachedView } from './cached-view.ts'
import { MissingError } from './object-store.ts'
import type { ObjectStore, StoredObject } from './object-store.ts'

type Labels = Readonly<Record<string, string>>
const KINDS = ['Deployment', 'StatefulSet'] as const

/** Services, pods and workloads in memory, as manifests of Kubernetes. */
export function fakeWorkloads(store: ObjectStore, cache: CachedView): Workloads {
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
      KINDS.flatMap((kind) => cache.list(kind, namespace).map((object) => workloadView(kind, object))).filter(
        ({ podLabels }) => isSelected(podLabels, selector),
      ),
    scaleToZero: async ({ kind, namespace, name, replicas }) => {
      if (replicas === 0) return
      try {
        store.change(kind, { namespace, name }, (object) => ({
          ...object,
          spec: { ...(object['spec'] as object), replicas: 0 },
        }))
      } catch (error) {
        if (!(error instanceof MissingError)) throw error
      }
    },
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
  }
}

function hasCrashed({ ready, state, lastState }: ContainerStatus): boolean {
  const exitCode = (state?.terminated ?? lastState?.terminated)?.exitCode ?? 0
  return !ready && exitCode !== 0
}

function workloadView(kind: WorkloadView['kind'], object: StoredObject): WorkloadView {
  const { replicas = 1, template } = (object['spec'] ?? {}) as {
    replicas?: number
    template?: { metadata?: unknown }
  }
  const { namespace, name } = object.metadata
  return {
    kind,
    namespace,
    name,
    labels: labelsOf(object.metadata),
    podLabels: labelsOf(template?.metadata),
    replicas,
    templateHash: contentHash(template),
  }
}
