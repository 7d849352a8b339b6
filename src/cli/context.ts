import { kubernetesClient, statusOfError } from '../adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../adapters/kubernetes/client.ts'
import { objectReader } from '../adapters/kubernetes/reader.ts'
import { rolloutViewer } from '../adapters/kubernetes/viewer.ts'
import { RefusedError } from '../ports.ts'
import type { ObjectReader, RolloutViewer } from '../ports.ts'
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
      throw explain(error, server, rights)
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
