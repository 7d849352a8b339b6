import axios from 'axios'
import { afterEach, expect, it } from 'vitest'
import { weightOf } from '../../../sandbox/kit/route.ts'
import { hasWeight, standing } from '../../../sandbox/kit/shop.ts'
import { outageOf, partOf } from '../../../sandbox/kit/parts.ts'
import type { Outage } from '../../../sandbox/kit/parts.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { applyObjects, demoDeployment, demoService } from '../../../sandbox/manifests/index.ts'
import { markOf } from '../../../src/core/traffic/mark.ts'
import { closeShop, meshOf, openShop, release, releaseOver, stopAt } from '../../e2e/harness.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

let outage: Outage | undefined
let sluice: SluiceProcess | undefined
afterEach(async () => {
  await outage?.end()
  await sluice?.stop()
})

it('Temporal unreachable at start: the release waits as Reconciling, and goes on by itself', async () => {
  const env = workerSandbox()
  outage = await outageOf(partOf(env, 'temporal'))
  sluice = await startSluice(env)
  const { url } = sluice
  const open = await openShop('outage-temporal') // nothing to release needs no engine
  const { shop } = open
  const before = await meshOf(shop)
  await release(shop, 'v2')
  const waiting = await shop.status(
    'it is told that Temporal is away',
    // While another client of the process is connecting there may be no connection yet.
    (status) =>
      standing(status) === 'Reconciling/EngineUnreachable' &&
      status.message === 'Temporal cannot be used (the connection is refused); trying again',
  )
  expect(waiting.stableVersion).toBe('v1')
  expect(await meshOf(shop)).toEqual(before)
  expect(await answerOf(`${url}/healthz`)).toMatchObject({ status: 200, data: { ok: true } })
  const problem = `the worker is not connected to Temporal at ${env.temporal}: the connection is refused`
  // The worker's own try may take longer than the controller's.
  await expect
    .poll(async () => answerOf(`${url}/readyz`), { timeout: 30_000 })
    .toMatchObject({ status: 503, data: { ok: false, problems: [problem] } })

  await outage.end()
  const status = await releaseOver(shop, 'v2')
  expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
  await eventually('it is ready', async () => (await answerOf(`${url}/readyz`)).status === 200)
  await closeShop(open)
})

it('Temporal away while the canary turns bad: weight 0 all the same, and the rollback is completed later', async () => {
  const env = workerSandbox()
  sluice = await startSluice(env)
  await sluice.ready()
  const open = await openShop('outage-temporal-bad', { steps: stopAt(50) })
  const { shop } = open
  const ratings = async (replicas: number) =>
    applyObjects(shop.config, [
      demoService({ name: 'ratings', namespace: shop.namespace }),
      demoDeployment({ name: 'ratings', namespace: shop.namespace, version: 'v1', replicas }),
    ])
  await ratings(1)
  await release(shop, 'v2', { DEPENDENCY: 'ratings' })
  await shop.status('v2 is observed', (status) => hasWeight(status, 50) && status.verdicts !== undefined)
  const before = await meshOf(shop)
  outage = await outageOf(partOf(env, 'temporal'))
  await ratings(0)
  const lowered = await eventually('all requests go to v1 again', async () => {
    const mesh = await meshOf(shop)
    return weightOf(mesh, 'v1') === 100 && mesh
  })
  expect(weightOf(before, 'v2')).toBe(50)
  expect(markOf(lowered.virtualService, `${shop.namespace}/reviews`)).toMatchObject({
    halted: true,
    weight: 0,
  })
  expect((await shop.rollout())?.status?.history ?? []).toEqual([])

  await outage.end()
  const status = await releaseOver(shop, 'v2')
  expect(status.lastFailed?.reason).toBe('MetricFailed')
  expect(status.history).toMatchObject([{ from: 'v1', to: 'v2', result: 'RolledBack' }])
  await closeShop(open)
})

async function answerOf(url: string): Promise<{ status: number; data: unknown }> {
  const { status, data } = await axios.get<unknown>(url, { validateStatus: () => true })
  return { status, data }
}
