import { kubernetesClient, statusOfError } from '../adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../adapters/kubernetes/client.ts'
import { rolloutViewer } from '../adapters/kubernetes/viewer.ts'
import type { RolloutViewer } from '../ports.ts'
import type { Cluster, ClusterOptions } from './shell.ts'

/**
 * The cluster that the options and the kubeconfig name. Nothing is asked of it yet.
 * Throws an Error when the kubeconfig cannot be read or lacks the context.
 */
export function openCluster({ kubeconfig, context, namespace }: ClusterOptions): Cluster {
  const client = kubernetesClient(kubeconfig, context)
  return { namespace: namespace ?? namespaceOf(client), viewer: explaining(client) }
}

function namespaceOf({ config }: KubernetesClient): string {
  return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default'
}

/** The viewer, whose errors say where the problem lies and what to do. */
function explaining(client: KubernetesClient): RolloutViewer {
  const viewer = rolloutViewer(client)
  const server = client.config.getCurrentCluster()?.server ?? 'no address'
  const explained = async <T>(request: Promise<T>): Promise<T> => {
    try {
      return await request
    } catch (error) {
      throw explain(error, server)
    }
  }
  return {
    list: async (namespace) => explained(viewer.list(namespace)),
    follow: async (rollout, listener, signal) => explained(viewer.follow(rollout, listener, signal)),
  }
}

function explain(error: unknown, server: string): Error {
  const cause = error instanceof Error ? error.cause : undefined
  const status = statusOfError(cause)
  if (status === undefined) {
    const problem = messageOf(cause ?? error)
    const remedy = 'check --kubeconfig and --context'
    return new Error(`no answer from the API server at ${server} (${problem}); ${remedy}`, { cause: error })
  }
  const remedy = REMEDIES[status]
  return new Error(`${messageOf(error)} (${server})${remedy === undefined ? '' : `; ${remedy}`}`, {
    cause: error,
  })
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim()
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'the credentials of this context are not valid: log in again or choose another --context',
  403: 'ask for the rights get, list and watch on rollouts.sluice.dev and on events',
  404: 'the cluster does not know Rollouts: install the CRDs of Sluice first',
}
