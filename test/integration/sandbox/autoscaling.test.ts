import { AutoscalingV2Api, CustomObjectsApi } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadKubeConfig } from '../../../sandbox/agent/kubeconfig.ts'
import type { LoadProcess } from '../../../sandbox/load/index.ts'
import { Shop } from './shop.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const namespace = `autoscaling-${Date.now().toString(36)}`
const shop = new Shop(env, namespace)
const config = loadKubeConfig(env.kubeconfig)
const patience = { timeout: 90_000, interval: 500 }
let load: LoadProcess | undefined

beforeAll(async () => {
  await shop.open()
  // Half of 40 ms of processor time a second: more than an idle pod needs, less than one under load.
  await shop.run({ name: 'reviews', version: 'v1', replicas: 1, cpu: '40m' })
})
afterAll(async () => {
  await load?.stop()
  await shop.close()
})

async function replicas(): Promise<number> {
  const { spec } = await shop.apps.readNamespacedDeployment({ name: 'reviews-v1', namespace })
  return spec?.replicas ?? 0
}

/** An autoscaler that keeps pods at half of what they ask for. */
async function autoscale(): Promise<void> {
  const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } }
  await config.makeApiClient(AutoscalingV2Api).createNamespacedHorizontalPodAutoscaler({
    namespace,
    body: {
      metadata: { name: 'reviews-v1' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews-v1' },
        minReplicas: 1,
        maxReplicas: 4,
        metrics: [{ type: 'Resource', resource: cpu }],
        behavior: { scaleDown: { policies: [{ type: 'Pods', value: 4, periodSeconds: 1 }] } },
      },
    },
  })
}

it('what pods use can be asked for, also at the first time', async () => {
  const custom = config.makeApiClient(CustomObjectsApi)
  const kind = { group: 'metrics.k8s.io', version: 'v1beta1', plural: 'pods', namespace }
  const ask = async (labelSelector: string) =>
    (await custom.listNamespacedCustomObject({ ...kind, labelSelector })) as {
      items: { containers: { usage: { cpu: string; memory: string } }[] }[]
    }
  const { items } = await ask('app=reviews,version=v1')
  expect(items.length).toBeGreaterThan(0)
  expect(items[0]?.containers[0]?.usage.cpu).toMatch(/^\d+n$/)
  expect(Number.parseInt(items[0]?.containers[0]?.usage.memory ?? '')).toBeGreaterThan(1_000)
  expect((await ask('version=v9')).items).toEqual([])
})

it('an autoscaler gives a version under load more pods, and takes them when it ends', async () => {
  await autoscale()
  load = await shop.load({ ratePerSecond: 600 })
  await expect.poll(replicas, patience).toBeGreaterThan(1)
  await load.stop()
  await expect.poll(replicas, patience).toBe(1)
})
