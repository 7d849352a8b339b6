import { unlessMissing } from './client.ts'
import type { KubernetesClient } from './client.ts'

const REVIEWS = { group: 'authentication.k8s.io', version: 'v1', plural: 'selfsubjectreviews' }

/**
 * The name by which the cluster knows who asks; where it does not tell, as before Kubernetes 1.28, that of the user in the
 * kubeconfig. Throws when the cluster does not answer, or refuses.
 */
export async function selfOf(client: KubernetesClient): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const review = (await unlessMissing(client.custom.createClusterCustomObject({ ...REVIEWS, body }))) as
    { status?: { userInfo?: { username?: string } } } | undefined
  return review?.status?.userInfo?.username ?? client.config.getCurrentUser()?.name ?? 'somebody'
}
