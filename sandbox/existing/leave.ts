import { ApiextensionsV1Api } from '@kubernetes/client-node'
import { kubernetesClient, problemOf, unlessMissing } from '../../src/adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import { API_VERSION, GROUP } from '../../src/api/names.ts'
import { until } from '../until.ts'
import { readExisting } from './record.ts'

const GONE_WITHIN_MS = 60_000

/**
 * Takes back what the sandbox in this folder has brought to an existing cluster, and nothing else.
 * @returns what stays, and why, one line each
 * @throws Error when the cluster does not answer
 */
export async function leaveCluster(state: string, tell: (text: string) => void): Promise<string[]> {
  const existing = readExisting(state)
  if (existing === undefined) return []
  const client = kubernetesClient(existing.kubeconfig)
  try {
    tell(`leaving ${existing.server}`)
    const namespace = existing.demo === undefined ? [] : await removeNamespace(client, existing.demo)
    return [...namespace, ...(await removeCrds(client, existing.crds))]
  } catch (error) {
    const brought = [...existing.crds, ...(existing.demo === undefined ? [] : [`namespace ${existing.demo}`])]
    throw new Error(
      `nothing runs any more, but ${existing.server} still has ${brought.join(', ') || 'nothing of ours'}: ${problemOf(error)}; ` +
        'run "down" again when it answers',
      { cause: error },
    )
  }
}

async function removeNamespace({ core }: KubernetesClient, name: string): Promise<string[]> {
  await unlessMissing(core.deleteNamespace({ name }))
  const isGone = async () => {
    if (await unlessMissing(core.readNamespace({ name }))) throw new Error(`namespace ${name} is there`)
  }
  try {
    await until(isGone, GONE_WITHIN_MS)
    return []
  } catch {
    return [`namespace ${name} is still ending: a Rollout in mid-release waits there for "sluice run"`]
  }
}

/** Definitions of objects that are still there would take them along. */
async function removeCrds({ config, custom }: KubernetesClient, names: readonly string[]): Promise<string[]> {
  const api = config.makeApiClient(ApiextensionsV1Api)
  const notes: string[] = []
  for (const name of names) {
    const plural = name.slice(0, -`.${GROUP}`.length)
    const list = custom.listCustomObjectForAllNamespaces({
      group: GROUP,
      version: API_VERSION,
      resourcePlural: plural,
    }) as Promise<{ items: unknown[] }>
    const count = (await unlessMissing(list))?.items.length ?? 0
    if (count > 0) notes.push(`${name} stays: the cluster has ${count} of them`)
    else await unlessMissing(api.deleteCustomResourceDefinition({ name }))
  }
  return notes
}
