import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Shop } from '../../sandbox/kit/shop.ts'
import { startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { countOutcomes, startLoadProcess } from '../../sandbox/load/index.ts'
import type { LoadProcess } from '../../sandbox/load/index.ts'
import { FAULTS_ANNOTATION } from '../../src/api/names.ts'
import { sumsOf } from '../integration/sandbox/istio-metrics.ts'
import { cheapSpec, releaseOver, strangerWrites } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

/** Releases whose canary is put to the test by a fault of its dependency, on real proxies. */

const env = workerSandbox()
let sluice: SluiceProcess
const opened: { shop: Shop; load: LoadProcess }[] = []

beforeAll(async () => {
  sluice = await startSluice(env)
  await sluice.ready()
})
afterAll(() => sluice.stop())
afterEach(async () => {
  for (const { shop, load } of opened.splice(0)) {
    await load.stop()
    await shop.close()
  }
})

const FAULTS = [
  {
    name: 'ratings-down',
    dependency: 'ratings',
    abort: { httpStatus: 503 },
    duration: '8s',
    recovery: '10s',
  },
]

const probing = (version: string) =>
  cheapSpec(version, {
    faults: FAULTS,
    steps: [
      { weight: 20, hold: '1s', faults: ['ratings-down'] },
      { weight: 100, hold: '1s' },
    ],
  })

/** Reviews v1 and ratings under load; v1 degrades when ratings fail. */
async function open(name: string, routed: boolean) {
  const shop = new Shop(env, `${name}-${Date.now().toString(36)}`)
  const ratings = shop.beside('ratings')
  await ratings.open({}, { replicas: 1, routed })
  await shop.open({ DEPENDENCY: 'ratings', ON_DEPENDENCY_FAILURE: 'fail' })
  await shop.reachable()
  const load = await startLoadProcess({ url: env.gateway, host: shop.host, path: '/', ratePerSecond: 100 })
  opened.push({ shop, load })
  await shop.applyRollout(probing('v1'))
  await shop.status('v1 is stable', (status) => status.stableVersion === 'v1')
  return { shop, load, ratings }
}

async function release(shop: Shop, version: string, onFailure: 'fail' | 'degrade') {
  await shop.deploy(version, { DEPENDENCY: 'ratings', ON_DEPENDENCY_FAILURE: onFailure })
  await shop.podsReady(version, 2)
  await shop.patchRollout({ version })
  return releaseOver(shop, version)
}

const failed = async (load: LoadProcess, version: string) =>
  countOutcomes(await load.snapshot(), (one) => one.version === version && (one.status ?? 0) >= 500)

/** Calls that met a fault, by who made them. */
const met = (namespace: string) =>
  sumsOf(env, `istio_requests_total{source_workload_namespace="${namespace}",response_flags=~"FI|DI"} > 0`, [
    'source_workload',
  ])

describe('a fault probe', () => {
  it('takes back a canary that fails with its dependency, and nobody else meets the fault', async () => {
    const { shop, load, ratings } = await open('probe-fails', true)
    const before = await ratings.virtualService()
    const status = await release(shop, 'v2', 'fail')
    expect(status.history?.[0]).toMatchObject({ to: 'v2', result: 'RolledBack' })
    expect(status.history?.[0]?.reason).toContain('ProbeFailed')
    expect(status.faults).toMatchObject([{ name: 'ratings-down', state: 'Failed' }])
    expect(await failed(load, 'v2')).toBeGreaterThan(0)
    expect(await failed(load, 'v1')).toBe(0)
    const after = await ratings.virtualService()
    expect(after.spec).toEqual(before.spec)
    expect(after.metadata.annotations?.[FAULTS_ANNOTATION]).toBeUndefined()
    const workloads = (await met(shop.namespace)).map(({ labels }) => labels['source_workload'])
    expect(workloads).toEqual(['reviews-v2'])
  })

  it('lets a canary go on that degrades gracefully, with a VirtualService made for it', async () => {
    const { shop, load } = await open('probe-passes', false)
    const status = await release(shop, 'v2', 'degrade')
    expect(status.history?.[0]).toMatchObject({ to: 'v2', result: 'Promoted' })
    expect(status.faults).toMatchObject([{ name: 'ratings-down', state: 'Passed' }])
    expect(await failed(load, 'v2')).toBe(0)
    const workloads = (await met(shop.namespace)).map(({ labels }) => labels['source_workload'])
    expect(workloads).toEqual(['reviews-v2'])
  })
})

describe('a fault that a person put into the managed route', () => {
  it('stays, is told of, and is not held against the canary', async () => {
    const shop = new Shop(env, `by-hand-${Date.now().toString(36)}`)
    await shop.open()
    await shop.reachable()
    const load = await startLoadProcess({ url: env.gateway, host: shop.host, path: '/', ratePerSecond: 100 })
    opened.push({ shop, load })
    await shop.applyRollout(cheapSpec('v1'))
    await shop.status('v1 is stable', (status) => status.stableVersion === 'v1')
    // Twice the errors that a canary may have.
    const fault = { abort: { percentage: { value: 50 }, httpStatus: 503 } }
    const { spec } = await shop.virtualService()
    await strangerWrites(
      shop,
      spec.http?.map((route) => ({ ...route, fault })),
    )
    await shop.deploy('v2')
    await shop.podsReady('v2', 2)
    await shop.patchRollout({ version: 'v2' })
    const status = await releaseOver(shop, 'v2')
    expect(status.history?.[0]).toMatchObject({ to: 'v2', result: 'Promoted' })
    expect(status.verdicts?.[0]?.evidence).toContain('requests that meet it are not counted')
    expect((await shop.events()).map(({ reason }) => reason)).toContain('FaultInRoute')
    expect((await shop.virtualService()).spec.http).toMatchObject([{ fault }])
  })
})
