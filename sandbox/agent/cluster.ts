import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node'
import type { KubeConfig, KubernetesObject, V1Pod, V1PodStatus } from '@kubernetes/client-node'
import { isPodOwned } from './mesh-objects.ts'
import type { MeshObject } from './mesh-objects.ts'
import { NODE_NAME } from './node-name.ts'

const FIELD_MANAGER = 'sluice-sandbox-agent'
const MESH = { group: 'networking.istio.io', version: 'v1' } as const
const PLURALS: Record<string, string> = { WorkloadEntry: 'workloadentries', Sidecar: 'sidecars' }

/** What the agent does in the cluster. Every method may reject with the API server's error and may be repeated. */
export interface Cluster {
  /** Binds the pod to the node and adds annotations to it; one that is bound or gone counts as done. */
  bind: (pod: V1Pod, annotations: Record<string, string>) => Promise<void>
  patchStatus: (pod: V1Pod, status: V1PodStatus) => Promise<void>
  /** Removes the pod at once; a pod that is gone, or replaced by another of its name, counts as done. */
  removePod: (pod: V1Pod) => Promise<void>
  applyMesh: (object: MeshObject) => Promise<void>
  /** Removes the object; one that is gone counts as done. */
  removeMesh: (object: MeshObject) => Promise<void>
}

/** Makes the `Cluster` of a real API server. */
export function createCluster(config: KubeConfig): Cluster {
  const core = config.makeApiClient(CoreV1Api)
  const custom = config.makeApiClient(CustomObjectsApi)
  const apply = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply)
  const merge = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch)
  const options = { fieldManager: FIELD_MANAGER }
  return {
    bind: async (pod, annotations) => {
      const target = { apiVersion: 'v1', kind: 'Node', name: NODE_NAME }
      const metadata = { ...identity(pod), annotations }
      const body = { apiVersion: 'v1', kind: 'Binding', metadata, target }
      // 409: it is bound already, or being deleted.
      await unless(core.createNamespacedPodBinding({ ...nameOf(pod), body }), 404, 409)
    },
    patchStatus: async (pod, status) => {
      const body = { metadata: identity(pod), status }
      await unless(core.patchNamespacedPodStatus({ ...nameOf(pod), body, ...options }, merge), 404)
    },
    removePod: async (pod) => {
      const body = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata?.uid ?? '' } }
      // 409: the name belongs to another pod now.
      await unless(core.deleteNamespacedPod({ ...nameOf(pod), body }), 404, 409)
    },
    applyMesh: async (body) => {
      await custom.patchNamespacedCustomObject({ ...meshName(body), body, ...options, force: true }, apply)
    },
    removeMesh: async (object) => {
      await unless(custom.deleteNamespacedCustomObject(meshName(object)), 404)
    },
  }
}

/**
 * Removes the endpoints and proxy settings that an agent before this one left: their processes are gone.
 * @throws the API server's error
 */
export async function removeLeftovers(config: KubeConfig, cluster: Cluster): Promise<void> {
  const custom = config.makeApiClient(CustomObjectsApi)
  for (const [kind, resourcePlural] of Object.entries(PLURALS)) {
    const list = (await custom.listCustomObjectForAllNamespaces({ ...MESH, resourcePlural })) as {
      items: MeshObject[]
    }
    const ours = list.items.filter(isPodOwned)
    await Promise.all(ours.map((object) => cluster.removeMesh({ ...object, kind })))
  }
}

// A write that comes too late, for an object that is gone, has nothing left to do.
async function unless(request: Promise<unknown>, ...codes: number[]): Promise<void> {
  try {
    await request
  } catch (error) {
    if (!(error instanceof ApiException && codes.includes(error.code))) throw error
  }
}

function identity({ metadata }: KubernetesObject) {
  return { name: metadata?.name ?? '', uid: metadata?.uid ?? '' }
}

function nameOf({ metadata }: KubernetesObject) {
  return { name: metadata?.name ?? '', namespace: metadata?.namespace ?? 'default' }
}

function meshName(object: MeshObject) {
  return { ...MESH, ...nameOf(object), plural: PLURALS[object.kind ?? ''] ?? '' }
}
