import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { remainsOf } from '../../sandbox/kit/remains.ts'
import { hasWeight } from '../../sandbox/kit/shop.ts'
import type { Shop } from '../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { sharesOf } from '../../src/core/traffic/route.ts'
import { closeShop, meshOf, openShop, release, releaseOver, stopAt, strangerWrites } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

async function canaryShare(shop: Shop): Promise<number> {
  const object = await shop.virtualService()
  const [route] = object.spec.http ?? []
  const shares = sharesOf(object, route!, { name: 'reviews', namespace: shop.namespace })
  return shares.find(({ subset }) => subset?.startsWith('v2'))?.percent ?? 0
}

describe.concurrent('somebody else writes the VirtualService in mid-release', () => {
  it("puts a stranger's 90/10 back before the next look, reports it, never adopts it, and goes on", async () => {
    const looksEveryS = 5
    const metrics = [{ name: 'error-rate', istio: 'ErrorRate', max: '25%' }]
    const open = await openShop('strangers-weights', {
      steps: stopAt(20),
      analysis: { interval: `${looksEveryS}s`, warmup: '0s', metrics },
    })
    const { shop } = open
    await release(shop, 'v2')
    await shop.status('20 %', (status) => hasWeight(status, 20))
    const started = (await shop.rollout())?.status?.release?.stepStartedAt
    const { virtualService } = await meshOf(shop)
    const [route] = virtualService.spec.http ?? []
    const moved = route?.route?.map((entry, index) => ({ ...entry, weight: index === 0 ? 10 : 90 }))
    const writtenAt = Date.now()
    await strangerWrites(shop, [{ ...route, route: moved }])
    await eventually('the weight is 20 again', async () => (await canaryShare(shop)) === 20)
    const putBackMs = Date.now() - writtenAt
    expect(putBackMs).toBeLessThan(looksEveryS * 1_000)
    await eventually('it is reported', async () =>
      (await shop.events()).some(
        ({ reason, message }) => reason === 'Drifted' && message.includes('stranger'),
      ),
    )
    const status = await shop.status('the release goes on', ({ release: now }) => now?.phase === 'Observing')
    expect(status.release?.stepStartedAt).toBe(started)
    expect(status.release?.step).toBe(2)
    expect(status.weight?.desired).toBe(20)
    await closeShop(open)
  })

  it('keeps foreign changes of timeouts, retries, headers and other routes through all later writes', async () => {
    const open = await openShop('strangers-fields')
    const { shop } = open
    await release(shop, 'v2')
    await shop.status('20 %', (status) => hasWeight(status, 20))
    const { virtualService } = await meshOf(shop)
    const [route] = virtualService.spec.http ?? []
    const other = {
      name: 'admin',
      match: [{ uri: { prefix: '/admin' } }],
      route: [{ destination: { host: 'admin.example.com' } }],
    }
    const headers = { response: { set: { 'x-owner': 'shop' } } }
    const changed = { ...route, timeout: '7s', retries: { attempts: 0 }, headers }
    await strangerWrites(shop, [other, changed])
    const before = await meshOf(shop)
    const status = await releaseOver(shop, 'v2')
    expect(status.stableVersion).toBe('v2')
    const after = await meshOf(shop)
    const primary = after.virtualService.spec.http?.[1]
    expect(primary).toMatchObject({ name: 'primary', timeout: '7s', retries: { attempts: 0 }, headers })
    expect(after.virtualService.spec.http?.[0]).toEqual(before.virtualService.spec.http?.[0])
    const ours = { ...after.virtualService, spec: { ...after.virtualService.spec, http: [primary!] } }
    const was = {
      ...before.virtualService,
      spec: { ...before.virtualService.spec, http: [before.virtualService.spec.http![1]!] },
    }
    expect(
      remainsOf({ ...before, virtualService: single(was) }, { ...after, virtualService: ours }, 'v2'),
    ).toEqual([])
    await closeShop(open)
  })

  it('goes on when somebody replaced the whole object and our mark with it', async () => {
    const open = await openShop('strangers-replace', { steps: stopAt(20) })
    const { shop } = open
    await release(shop, 'v2')
    await shop.status('20 %', (status) => hasWeight(status, 20))
    const { virtualService } = await meshOf(shop)
    const { annotations: _mark, ...metadata } = virtualService.metadata
    const [route] = virtualService.spec.http ?? []
    const restored = [{ ...route, route: [{ ...route?.route?.[0], weight: 100 }] }]
    await shop.custom.replaceNamespacedCustomObject({
      group: 'networking.istio.io',
      version: 'v1',
      plural: 'virtualservices',
      namespace: shop.namespace,
      name: 'reviews',
      body: { ...virtualService, metadata, spec: { ...virtualService.spec, http: restored } },
      fieldManager: 'git-tool',
    })
    await eventually('the weight is 20 again', async () => (await canaryShare(shop)) === 20)
    const status = await shop.status('the release goes on', ({ release: now }) => now?.phase === 'Observing')
    expect(status.release?.version).toBe('v2')
    await closeShop(open)
  })
})

/** A route with its first destination only, as a release leaves it. */
function single<T extends { spec: { http?: readonly { route?: readonly unknown[] }[] } }>(object: T): T {
  const http = object.spec.http?.map((route) => ({ ...route, route: route.route?.slice(0, 1) }))
  return { ...object, spec: { ...object.spec, http } }
}
