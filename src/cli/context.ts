import { directMesh, istioMaking } from '../adapters/istio/mesh.ts'
import { kubernetesClient, statusOfError } from '../adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../adapters/kubernetes/client.ts'
import { objectReader } from '../adapters/kubernetes/reader.ts'
import { selfOf } from '../adapters/kubernetes/self.ts'
import { rolloutViewer } from '../adapters/kubernetes/viewer.ts'
import { ConflictError, RefusedError } from '../ports.ts'
import type { MeshAccess, MeshMaking } from '../ports.ts'
import type { ObjectReader, RolloutViewer } from '../ports-views.ts'
import type { Cluster, ClusterOptions } from './shell.ts'

/**
 * The cluster that the options and the kubeconfig name. Nothing is asked of it yet.
 * Throws an Error when the kubeconfig cannot be read or lacks the context.
 */
export function openCluster({ kubeconfig, context, namespace }: ClusterOptions): Cluster {
  const client = kubernetesClient(kubeconfig, context)
  const explained = explaining(client)
  return {
    namespace: namespace ?? namespaceOf(client),
    viewer: viewer(client, explained),
    reader: reader(client, explained),
    mesh: mesh(client, explained),
    making: making(client, explained),
    self: async () => explained(selfOf(client), 'create on selfsubjectreviews.authentication.k8s.io'),
  }
}

function namespaceOf({ config }: KubernetesClient): string {
  return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default'
}

/** Gives what a request gives; its errors say where the problem lies and what to do. */
type Explained = <T>(request: Promise<T>, rights: string) => Promise<T>

function explaining({ config }: KubernetesClient): Explained {
  const server = config.getCurrentCluster()?.server ?? 'no address'
  return async (request, rights) => {
    try {
      return await request
    } catch (error) {
      // Whoever writes reads again, and tries again.
      throw error instanceof ConflictError ? error : explain(error, server, rights)
    }
  }
}

function viewer(client: KubernetesClient, explained: Explained): RolloutViewer {
  const plain = rolloutViewer(client)
  const rights = 'get, list and watch on rollouts.sluice.dev and on events'
  return {
    list: async (namespace) => explained(plain.list(namespace), rights),
    follow: async (rollout, listener, signal) => explained(plain.follow(rollout, listener, signal), rights),
  }
}

function reader(client: KubernetesClient, explained: Explained): ObjectReader {
  const plain = objectReader(client)
  return {
    read: async (kind, ref) => explained(plain.read(kind, ref), `get on the kind ${kind}`),
    list: async (kind, namespace) => explained(plain.list(kind, namespace), `list on the kind ${kind}`),
    pods: async (namespace) => explained(plain.pods(namespace), 'list on pods'),
  }
}

function mesh(client: KubernetesClient, explained: Explained): MeshAccess {
  const plain = directMesh(client)
  return {
    read: async (ref, freshness) => explained(plain.read(ref, freshness), rightsOn('get', ref)),
    write: async (object) => explained(plain.write(object), rightsOn('update', object)),
  }
}

function making(client: KubernetesClient, explained: Explained): MeshMaking {
  const plain = istioMaking(client)
  return {
    create: async (object) => explained(plain.create(object), rightsOn('create', object)),
    remove: async (object) => explained(plain.remove(object), rightsOn('delete', object)),
    rehearse: async (object) => explained(plain.rehearse(object), rightsOn('create', object)),
  }
}

function rightsOn(verb: string, { kind }: { readonly kind: string }): string {
  return `${verb} on the kind ${kind}`
}

function explain(error: unknown, server: string, rights: string): Error {
  const cause = error instanceof Error ? error.cause : undefined
  const status = statusOfError(cause)
  if (status === undefined) {
    const problem = messageOf(cause ?? error)
    const remedy = 'check --kubeconfig and --context'
    return new Error(`no answer from the API server at ${server} (${problem}); ${remedy}`, { cause: error })
  }
  const remedy = status === 403 ? `ask for the rights ${rights}` : REMEDIES[status]
  const message = `${messageOf(error)} (${server})${remedy === undefined ? '' : `; ${remedy}`}`
  return error instanceof RefusedError
    ? new RefusedError(message, { cause: error })
    : new Error(message, { cause: error })
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim()
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'the credentials of this context are not valid: log in again or choose another --context',
  404: 'the cluster does not know Rollouts: install the CRDs of Sluice first',
}
