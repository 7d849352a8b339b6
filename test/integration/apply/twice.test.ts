import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasWeight, standing } from '../../../sandbox/kit/shop.ts'
import type { Shop } from '../../../sandbox/kit/shop.ts'
import { startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { API_VERSION, GROUP } from '../../../src/api/names.ts'
import { cheapSpec, closeShop, meshOf, openShop, release, releaseOver } from '../../e2e/harness.ts'
import { engineOf } from '../engine.ts'
import type { Engine } from '../engine.ts'
import { Rival } from '../rivals.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const STEPS = { steps: [50, 100].map((weight) => ({ weight, hold: weight === 50 ? '10m' : '1s' })) }

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

describe('kubectl apply of what is applied already starts nothing', () => {
  it('while stable, in mid-step, and after the way back to stable', async () => {
    const open = await openShop('apply-twice', STEPS)
    const { shop } = open
    const engine = await engineOf(workerSandbox(), shop)
    await applyInEveryWay(shop, cheapSpec('v1', STEPS))
    const stable = await afterAnotherPass(shop)
    expect(stable.status).toMatchObject({ stableVersion: 'v1', observedGeneration: 1 })
    expect(stable.status).not.toHaveProperty('workflow')

    await release(shop, 'v2')
    await shop.status('v2 at 50 %', (status) => hasWeight(status, 50) && status.verdicts !== undefined)
    const held = await glance(shop, engine)
    await applyInEveryWay(shop, cheapSpec('v2', STEPS))
    await afterAnotherPass(shop)
    expect(await glance(shop, engine)).toEqual(held)

    await shop.applyRollout(cheapSpec('v1', STEPS))
    await releaseOver(shop, 'v2')
    const returned = await glance(shop, engine)
    await applyInEveryWay(shop, cheapSpec('v1', STEPS))
    await afterAnotherPass(shop)
    expect(await glance(shop, engine)).toEqual(returned)
    await engine.close()
    await closeShop(open)
  })

  it('after a rollback; nor does a controller that begins anew', async () => {
    const open = await openShop('apply-failed')
    const { shop } = open
    const engine = await engineOf(workerSandbox(), shop)
    await release(shop, 'v2', { ERROR_RATE: 1 })
    expect(standing(await releaseOver(shop, 'v2'))).toBe('Stalled/RolledBack')
    const failed = await glance(shop, engine)
    await applyInEveryWay(shop, cheapSpec('v2'))
    await afterAnotherPass(shop)
    expect(await glance(shop, engine)).toEqual(failed)

    await sluice.stop()
    sluice = await startSluice(workerSandbox())
    await sluice.ready()
    await afterAnotherPass(shop)
    expect(await glance(shop, engine)).toEqual(failed)
    await engine.close()
    await closeShop(open)
  })
})

/** Server-side apply twice, and what client-side apply sends: a patch with its own annotation, then one with nothing new. */
async function applyInEveryWay(shop: Shop, spec: Record<string, unknown>): Promise<void> {
  await shop.applyRollout(spec)
  await shop.applyRollout(spec)
  const annotation = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec }) }
  for (const metadata of [{ annotations: annotation }, {}]) {
    const place = { group: GROUP, version: API_VERSION, plural: 'rollouts', name: 'reviews' }
    const request = { ...place, namespace: shop.namespace, body: { metadata, spec } }
    const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
    await shop.custom.patchNamespacedCustomObject(request, options)
  }
}

let markers = 0

/** The Rollout after the controller has seen all that was done before: it answers to a Rollout that came later. */
async function afterAnotherPass(shop: Shop) {
  markers += 1
  const later = new Rival(shop, `later-${markers}`)
  await later.create(cheapSpec('v1'))
  await later.refusal()
  const rollout = await shop.rollout()
  if (rollout === undefined) throw new Error('the Rollout is gone')
  return rollout
}

/** All that would differ if anything had been started: generation, release, status, mesh objects, events, workflow run. */
async function glance(shop: Shop, engine: Engine) {
  const rollout = await shop.rollout()
  const { release: current, history, conditions, stableVersion, lastFailed } = rollout?.status ?? {}
  return {
    generation: rollout?.metadata?.generation,
    status: { release: current, history, conditions, stableVersion, lastFailed },
    mesh: await meshOf(shop),
    events: await shop.events(),
    runId: await engine.runId(),
  }
}
