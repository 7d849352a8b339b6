import { KubernetesObjectApi } from '@kubernetes/client-node'
import type {
  KubeConfig,
  KubernetesObject,
  V1CustomResourceDefinition,
  V1Deployment,
} from '@kubernetes/client-node'
import { GROUP_VERSION } from '../../src/api/names.ts'
import { statusOfError } from '../../src/adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import { untilDiscovered } from '../cluster/discovery.ts'
import { quickSpec } from '../kit/shop.ts'
import {
  applyObjects,
  demoDeployment,
  demoDestinationRule,
  demoService,
  demoVirtualService,
} from '../manifests/index.ts'

/** Brings definitions, and waits until the cluster serves them. */
export async function bringCrds(
  { config }: KubernetesClient,
  crds: V1CustomResourceDefinition[],
): Promise<void> {
  await applyObjects(config, crds)
  await untilDiscovered(config, crds)
}

/**
 * Makes the demo's namespace.
 * @throws Error when it is there already: it may be somebody's
 */
export async function makeNamespace({ core }: KubernetesClient, name: string): Promise<void> {
  try {
    await core.createNamespace({ body: { metadata: { name, labels: { 'istio-injection': 'enabled' } } } })
  } catch (error) {
    if (statusOfError(error) !== 409) throw error
    throw new Error(`the namespace ${name} is there already: name another one for the demo`, { cause: error })
  }
}

/**
 * Brings the demo: the service `reviews` with two versions, its mesh objects, and its Rollout at v1. What is there already
 * stays as it is: a release may have changed it.
 */
export async function bringDemo(
  { config }: KubernetesClient,
  { namespace, image }: { namespace: string; image?: string },
): Promise<void> {
  const workloads = ['v1', 'v2'].map((version) =>
    withImage(demoDeployment({ name: 'reviews', namespace, version, replicas: 2, cpu: '50m' }), image),
  )
  const metadata = { name: 'reviews', namespace }
  await createObjects(config, [
    demoService({ name: 'reviews', namespace }),
    demoDestinationRule({ name: 'reviews', namespace, versions: ['v1'] }),
    demoVirtualService({ name: 'reviews', namespace, weights: { v1: 100 } }),
    ...workloads,
    { apiVersion: GROUP_VERSION, kind: 'Rollout', metadata, spec: quickSpec('v1') } as KubernetesObject,
  ])
}

async function createObjects(config: KubeConfig, objects: readonly KubernetesObject[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(config)
  for (const object of objects) {
    await api.create(object).catch((error: unknown) => {
      if (statusOfError(error) !== 409) throw error
    })
  }
}

function withImage(deployment: V1Deployment, image: string | undefined): V1Deployment {
  for (const container of deployment.spec?.template.spec?.containers ?? [])
    if (image !== undefined) container.image = image
  return deployment
}
