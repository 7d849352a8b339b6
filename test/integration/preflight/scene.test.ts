import { AppsV1Api } from '@kubernetes/client-node'
import type { KubernetesObject, V1Deployment } from '@kubernetes/client-node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Shop } from '../../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { applyObjects, demoDeployment } from '../../../sandbox/manifests/index.ts'
import { startLoadProcess } from '../../../sandbox/load/index.ts'
import { unlessMissing } from '../../../src/adapters/kubernetes/client.ts'
import { cheapSpec, closeShop, openShop, releaseOver } from '../../e2e/harness.ts'
import type { OpenShop } from '../../e2e/harness.ts'
import { backToStable, expectRefused, goesOnWhenMended, meshAsItStands } from './bad-input.ts'
import { setSubset } from './mesh-edits.ts'
import { ERRORS, SCENE_CASES } from './scene-cases.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

let sluice: SluiceProcess
let open: OpenShop
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
  open = await openShop('preflight-scene')
})
afterAll(async () => {
  await closeShop(open)
  await sluice.stop()
})

describe('a release is refused, touches nothing, and goes on by itself when corrected, after', () => {
  afterEach(async () => backToStable(open.shop))

  it.each(SCENE_CASES.map((bad, index) => ({ ...bad, version: `v${index + 2}` })))(
    '$title',
    async ({ version, ...bad }) => {
      expect(await goesOnWhenMended(open.shop, version, bad)).toBe('Reconciling/Preparing')
    },
  )
})

it('a route that names another stable version than the status is touched by nobody, while no mark tells who is right', async () => {
  const unmarked = await openShop('preflight-unmarked')
  const { shop } = unmarked
  // As long as v1 alone could answer, nobody else can be right.
  await shop.deploy('other')
  await shop.podsReady('other', 1)
  await setSubset(shop, 'other')
  const before = await meshAsItStands(shop)
  await shop.patchRollout({ version: 'v2' })
  await expectRefused(shop, [
    'the route sends 100 % to other',
    'status.stableVersion names v1',
    'make them agree',
  ])
  expect(await meshAsItStands(shop)).toEqual(before)
  await setSubset(shop, 'v1')
  await expectRefused(shop, ['spec.version', 'has the label version=v2', 'found: other, v1'])
  await closeShop(unmarked)
})

it('a version that no pod has waits for its workload, and is promoted then like any other', async () => {
  const { shop } = open
  await shop.patchRollout({ version: 'late', analysis: { metrics: [ERRORS] } })
  await expectRefused(shop, ['spec.version', 'has the label version=late', 'found: v1'])
  await shop.deploy('late')
  const status = await releaseOver(shop, 'late')
  expect(status.stableVersion).toBe('late')
  expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'late', result: 'Promoted' })
})

it('a workload whose selector means the pods of the other version waits until it is made anew', async () => {
  const { shop } = open
  const { stableVersion = '' } = (await shop.rollout())?.status ?? {}
  await applyObjects(shop.config, [broadDeployment(shop, 'broad')])
  await shop.podsReady('broad', 2)
  const before = await meshAsItStands(shop)
  await shop.patchRollout({ version: 'broad' })
  await expectRefused(shop, [
    'the selector of deployments.apps/reviews-broad',
    `also means the pods of ${stableVersion}`,
    'add version: broad to its spec.selector',
  ])
  expect(await meshAsItStands(shop)).toEqual(before)
  const apps = shop.config.makeApiClient(AppsV1Api)
  const broad = { name: 'reviews-broad', namespace: shop.namespace }
  await apps.deleteNamespacedDeployment({ ...broad, propagationPolicy: 'Foreground' })
  // Its pods are gone before it is, and a selector cannot be changed.
  await eventually(
    'it is gone',
    async () => (await unlessMissing(apps.readNamespacedDeployment(broad))) === undefined,
  )
  await shop.deploy('broad')
  expect((await releaseOver(shop, 'broad')).stableVersion).toBe('broad')
})

/** A version whose Deployment takes all pods of the app for its own. */
function broadDeployment({ namespace }: Shop, version: string): KubernetesObject {
  const { apiVersion, kind, metadata, spec }: V1Deployment = demoDeployment({
    name: 'reviews',
    namespace,
    version,
    replicas: 2,
  })
  const { replicas, template } = spec ?? {}
  const changed = { replicas, template, selector: { matchLabels: { app: 'reviews' } } }
  return { apiVersion, kind, metadata, spec: changed } as KubernetesObject
}

it('a service without metrics waits for its first requests, and is released then', async () => {
  const env = workerSandbox()
  const shop = new Shop(env, `preflight-silent-${Date.now().toString(36)}`)
  await shop.open()
  await shop.deploy('v2')
  await shop.applyRollout(cheapSpec('v2'))
  await expectRefused(shop, ['Prometheus has no istio_requests_total of Service reviews', 'scrape'])
  const load = await startLoadProcess({ url: env.gateway, host: shop.host, ratePerSecond: 60 })
  const status = await releaseOver(shop, 'v2')
  expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
  await closeShop({ shop, load })
})
