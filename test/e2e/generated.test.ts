import { afterAll, beforeAll, expect, it } from 'vitest'
import { Shop, standing } from '../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { foreignErrors, startLoadProcess } from '../../sandbox/load/index.ts'
import { applyObjects, demoNamespace, demoService } from '../../sandbox/manifests/index.ts'
import { cheapSpec, release, releaseOver } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

const ISTIO = { group: 'networking.istio.io', version: 'v1' }

/** Names of Istio's objects of a kind in the shop. */
async function named({ custom, namespace }: Shop, plural: string): Promise<unknown[]> {
  const list = (await custom.listNamespacedCustomObject({ ...ISTIO, plural, namespace })) as {
    items: { metadata: { name: string } }[]
  }
  return list.items.map(({ metadata }) => metadata.name)
}

it('a Rollout without objects gets them, releases by them, and takes them along when it goes', async () => {
  const env = workerSandbox()
  const shop = new Shop(env, `generated-${Date.now().toString(36)}`)
  const { namespace } = shop
  await applyObjects(shop.config, [demoNamespace(namespace), demoService({ name: 'reviews', namespace })])
  await shop.deploy('v1')
  await shop.podsReady('v1', 2)
  const traffic = { service: 'reviews', generated: { gateways: ['istio-system/sluice-gateway'] } }
  await shop.applyRollout(cheapSpec('v1', { traffic }))
  await shop.status('v1 is stable', (status) => standing(status) === 'Ready/Stable')
  expect([await named(shop, 'virtualservices'), await named(shop, 'destinationrules')]).toEqual([
    ['reviews'],
    ['reviews'],
  ])

  await shop.reachable()
  const load = await startLoadProcess({ url: env.gateway, host: shop.host, path: '/', ratePerSecond: 60 })
  await release(shop, 'v2')
  expect((await releaseOver(shop, 'v2')).stableVersion).toBe('v2')
  expect(foreignErrors(await load.snapshot())).toBe(0)
  const { spec } = await shop.destinationRule()
  expect(spec.subsets?.map(({ labels }) => labels?.['version'])).toEqual(['v2'])
  await load.stop()

  await shop.deleteRollout()
  await eventually('the objects are gone', async () => {
    const left = [...(await named(shop, 'virtualservices')), ...(await named(shop, 'destinationrules'))]
    return left.length === 0
  })
  await shop.close()
})
