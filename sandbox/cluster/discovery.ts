import { CustomObjectsApi } from '@kubernetes/client-node'
import type { KubeConfig, V1CustomResourceDefinition } from '@kubernetes/client-node'
import { until } from '../until.ts'

const servedWithinMs = 60_000

/**
 * Waits until discovery lists the kinds of definitions: it lags behind the resources themselves, and clients go by it.
 * @throws Error that names a kind which is not there after a minute
 */
export async function untilDiscovered(
  config: KubeConfig,
  crds: readonly V1CustomResourceDefinition[],
): Promise<void> {
  const api = config.makeApiClient(CustomObjectsApi)
  await Promise.all(crds.map((crd) => until(() => discover(api, crd), servedWithinMs)))
}

async function discover(api: CustomObjectsApi, { spec }: V1CustomResourceDefinition): Promise<void> {
  const { group, names, versions } = spec
  for (const { name: version } of versions.filter(({ served }) => served)) {
    const { resources } = await api.getAPIResources({ group, version })
    const isThere = resources.some(({ kind }) => kind === names.kind)
    if (!isThere) throw new Error(`the API server does not list ${names.kind} of ${group}/${version} yet`)
  }
}
