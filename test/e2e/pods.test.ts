import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { remainsOf } from '../../sandbox/kit/remains.ts'
import { hasWeight, standing } from '../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { closeShop, meshOf, openShop, release, releaseOver, stopAt } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

describe.concurrent('the pods of the canary', () => {
  it('that never become ready end the release at the deadline, without a weight', async () => {
    const open = await openShop('pods-never-ready', { progressDeadline: '5s' })
    const { shop } = open
    const before = await meshOf(shop)
    await shop.deploy('v2', { START_DELAY_MS: 3_600_000 })
    await shop.patchRollout({ version: 'v2' })
    const status = await releaseOver(shop, 'v2')
    expect(standing(status)).toBe('Stalled/RolledBack')
    expect(status.lastFailed?.reason).toBe('ProgressDeadlineExceeded')
    expect(status.message).toContain('0 of 1 needed pods of v2 were ready after 5s')
    expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'RolledBack' })
    expect((await shop.events()).filter(({ reason }) => reason === 'WeightRaised')).toEqual([])
    expect(remainsOf(before, await meshOf(shop), 'v1')).toEqual([])
    await closeShop(open)
  })

  it('that crash at 20 % cost it all weight at once, and the release', async () => {
    // Its first step is the one that matters: the pods do not live long.
    const steps = [
      { weight: 20, hold: '10m' },
      { weight: 100, hold: '1s' },
    ]
    const open = await openShop('pods-crash', { steps })
    const { shop } = open
    const before = await meshOf(shop)
    await release(shop, 'v2', { CRASH: 15_000 })
    await shop.status('20 %', (status) => hasWeight(status, 20))
    const status = await releaseOver(shop, 'v2')
    expect(status.lastFailed?.reason).toBe('CanaryCrashed')
    expect(status.weight?.desired).toBe(0)
    expect(remainsOf(before, await meshOf(shop), 'v1')).toEqual([])
    await closeShop(open)
  })

  it('that are all gone for a moment, without a crash, cost it the weight but not the release', async () => {
    const open = await openShop('pods-evicted', { steps: stopAt(20) })
    const { shop } = open
    await release(shop, 'v2')
    await shop.status('20 %', (status) => hasWeight(status, 20))
    const labelSelector = 'app=reviews,version=v2'
    await shop.core.deleteCollectionNamespacedPod({ namespace: shop.namespace, labelSelector })
    await eventually('the loss is reported', async () =>
      (await shop.events()).some(({ reason }) => reason === 'CanaryLost'),
    )
    const status = await shop.status(
      '20 % again',
      (now) => hasWeight(now, 20) && now.release?.phase === 'Observing',
    )
    expect(status.release?.version).toBe('v2')
    expect(status.history ?? []).toEqual([])
    await closeShop(open)
  })
})
