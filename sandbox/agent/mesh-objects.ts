import type { KubernetesObject, V1OwnerReference, V1Pod } from '@kubernetes/client-node'
import type { Dependency } from './pod-plan.ts'

/** An object of Istio's networking group, as far as this agent writes it. */
export interface MeshObject extends KubernetesObject {
  spec: Record<string, unknown>
}

const API_VERSION = 'networking.istio.io/v1'

/** The label by which a `Sidecar` resource finds the one proxy it is meant for. */
export const POD_UID_LABEL = 'sandbox.sluice.dev/pod-uid'

/** The object that makes a pod's process an endpoint of the services that select the pod's labels. */
export function workloadEntry(pod: V1Pod, portNames: string[], port: number): MeshObject {
  return {
    apiVersion: API_VERSION,
    kind: 'WorkloadEntry',
    metadata: { ...ownedBy(pod), ...(pod.metadata?.labels ? { labels: pod.metadata.labels } : {}) },
    spec: {
      address: '127.0.0.1',
      labels: pod.metadata?.labels ?? {},
      ports: Object.fromEntries(portNames.map((name) => [name, port])),
      serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    },
  }
}

/** The object that opens one dependency for a pod's own proxy at an address of its own. */
export function sidecar(pod: V1Pod, dependency: Dependency, address: string): MeshObject {
  return {
    apiVersion: API_VERSION,
    kind: 'Sidecar',
    metadata: ownedBy(pod),
    spec: {
      workloadSelector: { labels: { [POD_UID_LABEL]: pod.metadata?.uid ?? '' } },
      egress: [
        {
          port: { number: dependency.port, protocol: 'HTTP', name: 'http' },
          bind: address,
          captureMode: 'NONE',
          hosts: [`*/${meshHost(dependency.host, pod.metadata?.namespace ?? 'default')}`],
        },
      ],
    },
  }
}

/** The full name of a host: `ratings` and `ratings.shop` are Kubernetes Services, anything longer is itself. */
export function meshHost(host: string, namespace: string): string {
  const parts = host.split('.')
  if (parts.length === 1) return `${host}.${namespace}.svc.cluster.local`
  if (parts.length === 2) return `${host}.svc.cluster.local`
  return parts.length === 3 && parts[2] === 'svc' ? `${host}.cluster.local` : host
}

/** Whether an object was made for a pod, and so by this agent. */
export function isPodOwned(object: KubernetesObject): boolean {
  return object.metadata?.ownerReferences?.some((owner) => owner.kind === 'Pod') ?? false
}

// Kubernetes' garbage collector removes what belongs to a pod that is gone, should the agent not have done it.
function ownedBy(pod: V1Pod) {
  const { name = '', namespace = 'default', uid = '' } = pod.metadata ?? {}
  const owner: V1OwnerReference = { apiVersion: 'v1', kind: 'Pod', name, uid }
  return { name, namespace, ownerReferences: [owner] }
}
