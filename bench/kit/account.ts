import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KubeConfig, KubernetesObject } from '@kubernetes/client-node'
import { CoreV1Api, KubeConfig as Config } from '@kubernetes/client-node'
import { applyObjects } from '../../sandbox/manifests/index.ts'

const NAMESPACE = 'sluice-bench'
const NAME = 'sluice'
const TOKEN_SECONDS = 4 * 3600

/** The API server's name of the account under which Sluice runs here, so that its requests can be told apart. */
export const SLUICE_USER = `system:serviceaccount:${NAMESPACE}:${NAME}`

const metadata = { name: NAME, namespace: NAMESPACE }

const objects: (KubernetesObject & Record<string, unknown>)[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: NAMESPACE },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  },
]

/**
 * Makes an account for Sluice.
 * @param folder where its kubeconfig is written
 * @returns the path of that file
 */
export async function makeAccount(admin: KubeConfig, folder: string): Promise<string> {
  await applyObjects(admin, objects)
  const { status } = await admin.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    ...metadata,
    body: { spec: { audiences: [], expirationSeconds: TOKEN_SECONDS } },
  })
  const cluster = admin.getCurrentCluster()
  const token = status?.token
  if (cluster === null || token === undefined) throw new Error('there is no cluster, or no token for Sluice')
  const config = new Config()
  config.loadFromClusterAndUser(cluster, { name: NAME, token })
  const file = join(folder, 'bench.kubeconfig')
  writeFileSync(file, config.exportConfig(), { mode: 0o600 })
  return file
}
