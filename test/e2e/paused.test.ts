import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasWeight, standing } from '../../sandbox/kit/shop.ts'
import { startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { closeShop, openShop, ratings, release, releaseOver } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

const QUICK = [
  { weight: 50, hold: '0s' },
  { weight: 100, hold: '0s' },
]

describe.concurrent('a paused Rollout', () => {
  it('starts no release, and one when it is resumed', async () => {
    const open = await openShop('paused-before', { steps: QUICK })
    const { shop } = open
    await shop.patchRollout({ paused: true })
    await release(shop, 'v2')
    const paused = await shop.status(
      'the pause is shown',
      (status) => standing(status) === 'Reconciling/Paused',
    )
    expect(paused.release).toBeUndefined()
    expect(paused.message).toContain('the release of v2 starts when spec.paused is false')
    await shop.patchRollout({ paused: false })
    expect((await releaseOver(shop, 'v2')).stableVersion).toBe('v2')
    await closeShop(open)
  })

  it('holds its step with all evidence, and needs no more of it when it is resumed', async () => {
    const steps = [
      { weight: 50, hold: '10s' },
      { weight: 100, hold: '0s' },
    ]
    const open = await openShop('paused-within', { steps })
    const { shop, load } = open
    await release(shop, 'v2')
    await shop.status('v2 has weight', ({ weight }) => weight?.desired === 50)
    await shop.patchRollout({ paused: true })
    const held = await shop.status(
      'the step has passed but is held',
      (status) =>
        standing(status) === 'Reconciling/Paused' &&
        hasWeight(status, 50) &&
        status.verdicts?.[0]?.verdict === 'Pass',
    )
    expect(held.message).toContain('100 % waits for spec.paused to be false')
    // Without requests a step that had lost its evidence would never end.
    await load.stop()
    await shop.patchRollout({ paused: false })
    await shop.status('100 %', (status) => status.weight?.desired === 100)
    await closeShop(open)
  })

  it('is guarded all the same: a canary that turns bad is rolled back', async () => {
    const steps = [
      { weight: 50, hold: '5s' },
      { weight: 100, hold: '0s' },
    ]
    const open = await openShop('paused-guarded', { steps })
    const { shop } = open
    await ratings(shop, 1)
    await release(shop, 'v2', { DEPENDENCY: 'ratings' })
    await shop.status('v2 has weight', ({ weight }) => weight?.desired === 50)
    await shop.patchRollout({ paused: true })
    await shop.status('it is held', (status) => standing(status) === 'Reconciling/Paused')
    await ratings(shop, 0)
    const status = await releaseOver(shop, 'v2')
    expect(status.lastFailed?.reason).toBe('MetricFailed')
    await closeShop(open)
  })
})
