import type { KubernetesObject, V1OwnerReference, V1Pod } from '@kubernetes/client-node'
import type { Dependency } from './pod-plan.ts'

/** An object of Istio's networking group, as far as this agent writes it. */
export interface MeshObject extends KubernetesObject {
  spec: Record<string, unknown>
}

/** Where a pod is called. */
export interface Endpoint {
  address: string
  port: number
}

/** What a pod's own proxy listens for. */
export interface SidecarListeners {
  /** Calls of the pod: its dependency, at an address for the pod alone. */
  dependency?: Dependency & { address: string }
  /** Calls to the pod, which the proxy hands on to the app's port of 127.0.0.1. */
  inbound?: Endpoint & { appPort: number }
}

const API_VERSION = 'networking.istio.io/v1'

/** The label by which a `Sidecar` resource finds the one proxy it is meant for. */
export const POD_UID_LABEL = 'sandbox.sluice.dev/pod-uid'

/** The object that makes a pod an endpoint of the services that select its labels. */
export function workloadEntry(pod: V1Pod, portNames: string[], { address, port }: Endpoint): MeshObject {
  return {
    apiVersion: API_VERSION,
    kind: 'WorkloadEntry',
    metadata: { ...ownedBy(pod), ...(pod.metadata?.labels ? { labels: pod.metadata.labels } : {}) },
    spec: {
      address,
      labels: pod.metadata?.labels ?? {},
      ports: Object.fromEntries(portNames.map((name) => [name, port])),
      serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    },
  }
}

/** The object that tells a pod's own proxy what to listen for, and nothing else of the mesh. */
export function sidecar(pod: V1Pod, { dependency, inbound }: SidecarListeners): MeshObject {
  const namespace = pod.metadata?.namespace ?? 'default'
  return {
    apiVersion: API_VERSION,
    kind: 'Sidecar',
    metadata: ownedBy(pod),
    spec: {
      workloadSelector: { labels: { [POD_UID_LABEL]: pod.metadata?.uid ?? '' } },
      egress: [dependency ? egress(dependency, namespace) : { hosts: ['~/*'] }],
      ...(inbound && { ingress: [ingress(inbound)] }),
    },
  }
}

function egress({ host, port, address }: Dependency & { address: string }, namespace: string): object {
  return { ...listener({ address, port }), hosts: [`*/${meshHost(host, namespace)}`] }
}

function ingress({ appPort, ...at }: Endpoint & { appPort: number }): object {
  return { ...listener(at), defaultEndpoint: `127.0.0.1:${appPort}` }
}

function listener({ address, port }: Endpoint): object {
  return { port: { number: port, protocol: 'HTTP', name: 'http' }, bind: address, captureMode: 'NONE' }
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
