import { AutoscalingV2Api } from '@kubernetes/client-node'
import type { KubernetesObject, V2HorizontalPodAutoscaler, V1Pod } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Shop, hasWeight } from '../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { startLoadProcess } from '../../sandbox/load/index.ts'
import { applyObjects, demoDeployment } from '../../sandbox/manifests/index.ts'
import { recordPods } from '../integration/recording.ts'
import type { PodVersion } from '../integration/recording.ts'
import { cheapSpec, releaseOver } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

/** What the load needs, by the autoscaler's reckoning. */
const PODS = 3
const RATE = 400
/** Processor time that a pod asks for; a third of the load takes more than half of it, and no load far less. */
const CPU = '30m'
const PATIENCE_MS = 120_000

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

it('stable does not shrink while the canary has the load, and takes it all back at once', async () => {
  const shop = new Shop(workerSandbox(), `autoscaled-${Date.now().toString(36)}`)
  await shop.open()
  await shop.reachable()
  const load = await startLoadProcess({
    url: workerSandbox().gateway,
    host: shop.host,
    ratePerSecond: RATE,
  })
  await deploy(shop, 'v1', 1)
  await applyObjects(shop.config, [autoscaler(shop, 'v1')])
  await shop.applyRollout(specOf('v1'))
  await shop.podsReady('v1', PODS)

  await deploy(shop, 'v2', PODS)
  await shop.podsReady('v2', PODS)
  await shop.patchRollout({ version: 'v2' })
  await shop.status('v2 has all requests', (status) => hasWeight(status, 100), PATIENCE_MS)
  const pods = await recordPods(shop)
  await eventually('the load alone asks for fewer pods of v1', () => wantsFewer(shop), PATIENCE_MS)
  expect((await read(shop)).spec?.minReplicas).toBe(PODS)
  await shop.patchRollout({ version: 'v1' })
  await releaseOver(shop, 'v2')
  pods.stop()

  expect(lostPods(pods.versions, 'v1')).toEqual([])
  expect((await load.stop()).foreign).toEqual([])
  await eventually('the floor is given back', async () => (await read(shop)).spec?.minReplicas === 1)
  await shop.close()
}, 420_000)

function specOf(version: string): Record<string, unknown> {
  return cheapSpec(version, {
    retire: { after: '5s' },
    steps: [
      { weight: 50, hold: '1s' },
      { weight: 100, hold: '10m' },
    ],
  })
}

async function deploy({ config, namespace }: Shop, version: string, replicas: number): Promise<void> {
  await applyObjects(config, [demoDeployment({ name: 'reviews', namespace, version, replicas, cpu: CPU })])
}

/** One that follows the load at once, in both directions. */
function autoscaler({ namespace }: Shop, version: string): KubernetesObject {
  const name = `reviews-${version}`
  const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } }
  const policies = [{ type: 'Pods', value: PODS, periodSeconds: 1 }]
  const spec = {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas: 1,
    maxReplicas: PODS,
    metrics: [{ type: 'Resource', resource: cpu }],
    behavior: { scaleDown: { stabilizationWindowSeconds: 0, policies }, scaleUp: { policies } },
  }
  const object = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec,
  }
  return object
}

async function read({ config, namespace }: Shop): Promise<V2HorizontalPodAutoscaler> {
  const api = config.makeApiClient(AutoscalingV2Api)
  return api.readNamespacedHorizontalPodAutoscaler({ namespace, name: 'reviews-v1' })
}

/** True when nothing but its floor keeps the autoscaler from taking pods away, as it says itself. */
async function wantsFewer(shop: Shop): Promise<boolean> {
  const { conditions = [] } = (await read(shop)).status ?? {}
  return conditions.some(({ type, status, reason }) => {
    return type === 'ScalingLimited' && status === 'True' && reason === 'TooFewReplicas'
  })
}

/** Pods of a version that ended, or were about to. */
function lostPods(versions: readonly PodVersion[], version: string): (string | undefined)[] {
  const isLost = ({ pod, isGone }: PodVersion) => isGone || pod.metadata?.deletionTimestamp !== undefined
  const isOf = ({ metadata }: V1Pod) => metadata?.labels?.['version'] === version
  return versions.filter((entry) => isOf(entry.pod) && isLost(entry)).map(({ pod }) => pod.metadata?.name)
}
