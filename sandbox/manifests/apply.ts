import { KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node'
import type { KubeConfig, KubernetesObject } from '@kubernetes/client-node'

const FIELD_MANAGER = 'sluice-sandbox'

/**
 * Creates or changes objects by server-side apply, in the given order.
 * @throws the API server's error
 */
export async function applyObjects(config: KubeConfig, objects: KubernetesObject[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(config)
  for (const object of objects) {
    await api.patch(object, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply)
  }
}
