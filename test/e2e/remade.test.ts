import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { remainsOf } from '../../sandbox/kit/remains.ts'
import { hasWeight, standing } from '../../sandbox/kit/shop.ts'
import type { Shop, ShownRollout } from '../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { applyObjects, demoService } from '../../sandbox/manifests/index.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import { record, weightsOver } from '../integration/recording.ts'
import { cheapSpec, closeShop, meshOf, openShop, release, releaseOver, stopAt } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

const ROLLOUTS = { group: 'sluice.dev', version: 'v1alpha1', plural: 'rollouts', name: 'reviews' }
/** Long enough for something to happen to it, short enough to be seen to its end. */
const STEPS = [20, 100].map((weight) => ({ weight, hold: '8s' }))

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

/** All that was in the status is gone, as after a restore that leaves it out. */
async function loseStatus(shop: Shop): Promise<void> {
  const fields = Object.keys((await shop.rollout())?.status ?? {})
  const status = { ...Object.fromEntries(fields.map((field) => [field, null])), observedGeneration: 0 }
  await shop.custom.patchNamespacedCustomObjectStatus(
    { ...ROLLOUTS, namespace: shop.namespace, body: { status } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  )
}

describe.concurrent('a release under way', () => {
  it('whose status is lost goes on where it was, at the weight that it has', async () => {
    const open = await openShop('remade-status', { steps: STEPS })
    const { shop } = open
    const before = await meshOf(shop)
    const recording = await record<VirtualService>(shop, 'virtualservices')
    await release(shop, 'v2')
    const { release: was } = await shop.status('v2 at 20 %', (status) => hasWeight(status, 20))
    await loseStatus(shop)
    const { release: is } = await shop.status('it is told again', (status) => status.release !== undefined)
    expect(is).toMatchObject({ id: was?.id, version: 'v2' })
    const status = await releaseOver(shop, 'v2')
    recording.stop()
    expect(status).toMatchObject({
      stableVersion: 'v2',
      history: [{ from: 'v1', to: 'v2', result: 'Promoted' }],
    })
    expect(weightsOver(shop, recording.versions, 'v2')).toEqual([0, 20, 100])
    expect(remainsOf(before, await meshOf(shop), 'v2')).toEqual([])
    await closeShop(open)
  })

  it('whose Rollout is made anew under the same name is taken back first, and the new one begins at its first step', async () => {
    const open = await openShop('remade-anew', { steps: stopAt(50) })
    const { shop } = open
    await release(shop, 'v2')
    const old = await shop.status('v2 at 50 %', (status) => hasWeight(status, 50))
    const uid = (await shop.rollout())?.metadata?.uid
    const recording = await record<VirtualService>(shop, 'virtualservices')
    await shop.deleteRollout()
    await eventually('it is gone or made anew', async () => {
      await shop.applyRollout(cheapSpec('v2', { steps: stopAt(20) })).catch(() => undefined)
      const now = await shop.rollout()
      return now !== undefined && now.metadata?.uid !== uid
    })
    const status = await shop.status('v2 at 20 %', (now) => hasWeight(now, 20))
    recording.stop()
    expect(status.release?.startedAt).not.toBe(old.release?.startedAt)
    expect(status.history ?? []).toEqual([])
    expect(weightsOver(shop, recording.versions, 'v2')).toEqual([50, 0, 5, 20])
    await shop.patchRollout({ version: 'v1' })
    expect(standing(await releaseOver(shop, 'v2'))).toBe('Ready/Stable')
    await closeShop(open)
  })

  it('outlives its Service, which is made anew as Git has it', async () => {
    const open = await openShop('remade-service', { steps: STEPS })
    const { shop } = open
    const { namespace } = shop
    const before = await meshOf(shop)
    await release(shop, 'v2')
    await shop.status('v2 at 20 %', (status) => hasWeight(status, 20))
    await shop.core.deleteNamespacedService({ name: 'reviews', namespace })
    await applyObjects(shop.config, [demoService({ name: 'reviews', namespace })])
    const status = await releaseOver(shop, 'v2')
    expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
    expect(remainsOf(before, await meshOf(shop), 'v2')).toEqual([])
    await closeShop(open)
  })
})

describe.concurrent('a release that failed', () => {
  it('is not started again because its status was lost, and is when it changes', async () => {
    const open = await openShop('remade-failed')
    const { shop } = open
    await release(shop, 'v2', { ERROR_RATE: 1 })
    await releaseOver(shop, 'v2')
    await shop.status('it is told as rolled back', (status) => standing(status) === 'Stalled/RolledBack')
    const routes = await record<VirtualService>(shop, 'virtualservices')
    const rollouts = await record<ShownRollout>(shop, 'rollouts')
    await loseStatus(shop)
    await shop.status('it is told again', (status) => standing(status) === 'Stalled/RolledBack')
    await shop.patchRollout({ retire: { after: '2s' } })
    await shop.status(
      'the edit was seen',
      (status) => status.observedGeneration === 3 && standing(status) === 'Stalled/RolledBack',
    )
    expect(weightsOver(shop, routes.versions, 'v2')).toEqual([0])
    expect(rollouts.versions.filter(({ status }) => status?.release?.phase === 'Preparing')).toEqual([])
    routes.stop()
    rollouts.stop()
    await shop.deploy('v2', { ERROR_RATE: 0 })
    const mended = await shop.status(
      'the mended v2 is promoted',
      ({ stableVersion }) => stableVersion === 'v2',
    )
    expect(mended.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
    await closeShop(open)
  })
})
