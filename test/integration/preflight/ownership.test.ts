import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasWeight, standing } from '../../../sandbox/kit/shop.ts'
import { startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { cheapSpec, closeShop, openShop, release, stopAt } from '../../e2e/harness.ts'
import { meshAsItStands } from './bad-input.ts'
import { Rival } from '../rivals.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

describe.concurrent('of two Rollouts on one route the older wins', () => {
  it('while it rests; the younger is Stalled, and goes on when the older is deleted', async () => {
    const open = await openShop('ownership-idle')
    const { shop } = open
    const younger = new Rival(shop, 'younger')
    await shop.deploy('v2')
    const before = await meshAsItStands(shop)
    await younger.create(cheapSpec('v2'))
    const refusal = await younger.refusal()
    expect(refusal).toContain('spec.traffic.existing.virtualServices[0]')
    expect(refusal).toContain(`the older Rollout ${shop.namespace}/reviews moves this route`)
    expect(refusal).toContain('name another route, or delete that Rollout')
    expect(await meshAsItStands(shop)).toEqual(before)

    await shop.deleteRollout()
    const status = await younger.status('v2 is promoted', ({ stableVersion }) => stableVersion === 'v2')
    expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
    await closeShop(open)
  })

  it('while it releases; its deletion takes its canary back first', async () => {
    const open = await openShop('ownership-busy', { steps: stopAt(20) })
    const { shop } = open
    const younger = new Rival(shop, 'younger')
    await release(shop, 'v2')
    await shop.status('v2 at 20 %', (status) => hasWeight(status, 20))
    const before = await meshAsItStands(shop)
    await shop.deploy('v3')
    await younger.create(cheapSpec('v3'))
    expect(await younger.refusal()).toContain(`the older Rollout ${shop.namespace}/reviews moves this route`)
    expect(await meshAsItStands(shop)).toEqual(before)

    await shop.deleteRollout()
    const status = await younger.status('v3 is promoted', ({ stableVersion }) => stableVersion === 'v3')
    expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v3', result: 'Promoted' })
    await closeShop(open)
  })

  it('though both ask for the version that users have, until it asks for another route', async () => {
    const open = await openShop('ownership-same')
    const { shop } = open
    const younger = new Rival(shop, 'younger')
    await younger.create(cheapSpec('v1'))
    expect(await younger.refusal()).toContain(`the older Rollout ${shop.namespace}/reviews moves this route`)
    const existing = { virtualServices: [{ name: 'another' }], destinationRule: { name: 'reviews' } }
    await shop.patchRollout({ traffic: { service: 'reviews', existing } })
    const status = await younger.status('it is stable', (now) => standing(now) === 'Ready/Stable')
    expect(status.stableVersion).toBe('v1')
    await closeShop(open)
  })
})
