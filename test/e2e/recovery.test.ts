import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { remainsOf } from '../../sandbox/kit/remains.ts'
import { hasWeight, standing } from '../../sandbox/kit/shop.ts'
import type { Shop } from '../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { foreignErrors } from '../../sandbox/load/index.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import { engineOf } from '../integration/engine.ts'
import { record, weightsOver } from '../integration/recording.ts'
import {
  closeShop,
  meshOf,
  openShop,
  release,
  releaseOver,
  stopAt,
  strangerWrites,
  strangerWritesSubsets,
} from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

/** Subset and weight of each destination of the managed route. */
async function routed(shop: Shop): Promise<unknown> {
  const [route] = (await shop.virtualService()).spec.http ?? []
  return route?.route?.map(({ destination, weight }) => [destination.subset, weight])
}

async function hasEvent(shop: Shop, reason: string): Promise<boolean> {
  return (await shop.events()).some((event) => event.reason === reason)
}

describe.concurrent('what happens to a release or between two', () => {
  it('a workflow that somebody terminates: the canary loses its weight, and the release begins anew', async () => {
    const open = await openShop('recovery-terminated', { steps: stopAt(20) })
    const { shop, load } = open
    const engine = await engineOf(workerSandbox(), shop)
    const recording = await record<VirtualService>(shop, 'virtualservices')
    await release(shop, 'v2')
    const before = await shop.status('20 %', (status) => hasWeight(status, 20))
    await engine.terminate()
    await eventually('it is noticed', async () => hasEvent(shop, 'WorkflowLost'), 90_000)
    const after = await shop.status(
      '20 % in another release',
      (status) => hasWeight(status, 20) && status.release?.id !== before.release?.id,
      120_000,
    )
    recording.stop()
    expect(weightsOver(shop, recording.versions, 'v2')).toEqual([0, 5, 20, 0, 5, 20])
    expect(after.release?.seq).toBeGreaterThan(before.release?.seq ?? 0)
    expect(foreignErrors(await load.snapshot())).toBe(0)
    await engine.close()
    await closeShop(open)
  })

  it("Git's old weights after a promotion: users stay with the version that they have", async () => {
    const open = await openShop('recovery-git')
    const { shop, load } = open
    const { virtualService, destinationRule } = await meshOf(shop)
    await release(shop, 'v2')
    await releaseOver(shop, 'v2')
    const final = await routed(shop)
    await strangerWrites(shop, virtualService.spec.http)
    await eventually(
      'the weights are put back',
      async () => JSON.stringify(await routed(shop)) === JSON.stringify(final),
    )
    await strangerWritesSubsets(shop, destinationRule.spec.subsets)
    await eventually('the subset is put back', async () => {
      const { spec } = await shop.destinationRule()
      return spec.subsets?.some(({ labels }) => labels?.['version'] === 'v2') === true
    })
    const status = await shop.status('it is stable', (now) => standing(now) === 'Ready/Stable')
    expect(status.stableVersion).toBe('v2')
    expect(await hasEvent(shop, 'Drifted')).toBe(true)
    await load.stop()
    await closeShop(open)
  })

  it('a stable version that loses its pods: the canary answers for all until they are back', async () => {
    const open = await openShop('recovery-stable', { steps: stopAt(20) })
    const { shop } = open
    const before = await meshOf(shop)
    await release(shop, 'v2')
    await shop.status('20 %', (status) => hasWeight(status, 20))
    await shop.deploy('v1', {}, 0)
    const lost = await shop.status('v2 has all', (status) => hasWeight(status, 100))
    expect(standing(lost)).toBe('Reconciling/StableLost')
    await shop.deploy('v1', {}, 2)
    await shop.status('20 % again', (status) => hasWeight(status, 20))
    await shop.patchRollout({ version: 'v1' })
    const status = await releaseOver(shop, 'v2')
    expect(status.stableVersion).toBe('v1')
    expect(remainsOf(before, await meshOf(shop), 'v1')).toEqual([])
    await closeShop(open)
  })

  it('a DestinationRule that is deleted in mid-step and made anew gets the subsets of the release', async () => {
    const open = await openShop('recovery-rule', { steps: stopAt(20) })
    const { shop } = open
    const { destinationRule } = await meshOf(shop)
    await release(shop, 'v2')
    const held = await shop.status('20 %', (status) => hasWeight(status, 20))
    const { namespace } = shop
    const request = { group: 'networking.istio.io', version: 'v1', plural: 'destinationrules', namespace }
    await shop.custom.deleteNamespacedCustomObject({ ...request, name: 'reviews' })
    const { apiVersion, kind, spec } = destinationRule
    const body = { apiVersion, kind, metadata: { name: 'reviews', namespace }, spec }
    await shop.custom.createNamespacedCustomObject({ ...request, body })
    await eventually('both subsets are there', async () => {
      const { subsets = [] } = (await shop.destinationRule()).spec
      return subsets.length === 2
    })
    const status = (await shop.rollout())?.status
    expect(status?.release).toMatchObject({
      id: held.release?.id,
      stepStartedAt: held.release?.stepStartedAt,
    })
    await closeShop(open)
  })

  it('a namespace that ends in mid-release goes, with the Rollout and its finalizer', async () => {
    const open = await openShop('recovery-namespace', { steps: stopAt(20) })
    const { shop, load } = open
    await release(shop, 'v2')
    await shop.status('20 %', (status) => hasWeight(status, 20))
    await load.stop()
    await shop.close()
    await eventually(
      'the namespace is gone',
      async () => {
        const { items } = await shop.core.listNamespace({ fieldSelector: `metadata.name=${shop.namespace}` })
        return items.length === 0
      },
      60_000,
    )
    expect(await shop.rollout()).toBeUndefined()
  })
})
