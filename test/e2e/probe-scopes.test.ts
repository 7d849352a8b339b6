import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Shop } from '../../sandbox/kit/shop.ts'
import { startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { countOutcomes, startLoadProcess } from '../../sandbox/load/index.ts'
import type { LoadProcess } from '../../sandbox/load/index.ts'
import { FAULTS_ANNOTATION } from '../../src/api/names.ts'
import { isFaultRoute } from '../../src/core/faults/copies.ts'
import { cheapSpec, releaseOver } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

/** Probes whose fault is met on the way to the service itself: by a prober of ours, or by a share of users. */

const env = workerSandbox()
const opened: { shop: Shop; load: LoadProcess }[] = []

/** Runs Sluice with these settings during a group of tests. */
function withSluice(settings: Readonly<Record<string, string>>): void {
  let sluice: SluiceProcess
  beforeAll(async () => {
    sluice = await startSluice(env, { settings })
    await sluice.ready()
  })
  afterAll(() => sluice.stop())
}

afterEach(async () => {
  for (const { shop, load } of opened.splice(0)) {
    await load.stop()
    await shop.close()
  }
})

type Fault = Readonly<Record<string, unknown>>

const probing = (version: string, fault: Fault) =>
  cheapSpec(version, {
    faults: [{ name: 'probe', duration: '8s', recovery: '10s', ...fault }],
    steps: [
      { weight: 20, hold: '1s', faults: ['probe'] },
      { weight: 100, hold: '1s' },
    ],
  })

/** A shop under load, whose release of v2 has the probe that is made for its host. */
async function open(name: string, faultFor: (host: string) => Fault) {
  const shop = new Shop(env, `${name}-${Date.now().toString(36)}`)
  await shop.open()
  await shop.reachable()
  const load = await startLoadProcess({ url: env.gateway, host: shop.host, path: '/', ratePerSecond: 100 })
  opened.push({ shop, load })
  await shop.applyRollout(probing('v1', faultFor(shop.host)))
  await shop.status('v1 is stable', (status) => status.stableVersion === 'v1')
  return { shop, load }
}

async function release(shop: Shop) {
  await shop.deploy('v2')
  await shop.podsReady('v2', 2)
  await shop.patchRollout({ version: 'v2' })
}

const failed = async (load: LoadProcess) =>
  countOutcomes(await load.snapshot(), ({ status }) => (status ?? 500) >= 500)

/** Nothing of a fault is left in the VirtualService of a shop. */
async function expectNoTraces(shop: Shop): Promise<void> {
  const { spec, metadata } = await shop.virtualService()
  expect(spec.http?.filter(isFaultRoute)).toEqual([])
  expect(metadata.annotations?.[FAULTS_ANNOTATION]).toBeUndefined()
}

describe('a fault that only a prober meets', () => {
  withSluice({ SLUICE_PROBER_LOOPBACK: 'true' })
  const prober = (host: string) => ({ url: `${env.gateway}/`, host, requestsPerSecond: 20 })

  it('is met by nobody else, and lets a release go on that its prober finds within the limits', async () => {
    const { shop, load } = await open('prober-passes', (host) => ({
      canary: prober(host),
      abort: { percent: 40, httpStatus: 503 },
      expect: [{ metric: 'error-rate', max: '70%' }],
    }))
    await release(shop)
    const status = await releaseOver(shop, 'v2')
    expect(status.history?.[0]).toMatchObject({ to: 'v2', result: 'Promoted' })
    expect(status.faults).toMatchObject([{ name: 'probe', host: shop.host, state: 'Passed' }])
    expect(status.faults?.[0]?.message).toMatch(/requests of the prober met the fault/)
    expect(await failed(load)).toBe(0)
    await expectNoTraces(shop)
  })

  it('takes a release back whose prober gets too many bad answers, and still nobody else met it', async () => {
    const { shop, load } = await open('prober-fails', (host) => ({
      canary: prober(host),
      abort: { httpStatus: 503 },
      expect: [{ metric: 'error-rate', max: '50%' }],
    }))
    await release(shop)
    const status = await releaseOver(shop, 'v2')
    expect(status.history?.[0]).toMatchObject({ to: 'v2', result: 'RolledBack' })
    expect(status.history?.[0]?.reason).toContain('ProbeFailed')
    expect(await failed(load)).toBe(0)
    await expectNoTraces(shop)
  })
})

/** Five of a hundred users get an error. */
const REAL = { traffic: 'RealRequests', abort: { percent: 5, httpStatus: 503 } }

describe('a fault that users meet', () => {
  withSluice({ SLUICE_FAULT_MAX_PERCENT: '5' })

  it('is met by the share of them that was asked for while it lasts', async () => {
    const { shop, load } = await open('real-requests', () => REAL)
    await release(shop)
    const status = await releaseOver(shop, 'v2')
    expect(status.history?.[0]).toMatchObject({ to: 'v2', result: 'Promoted' })
    expect(status.faults).toMatchObject([{ name: 'probe', host: shop.host, state: 'Passed' }])
    // 100 a second for 8 seconds, of which 5 %: 40, give or take six standard deviations.
    const met = await failed(load)
    expect(met).toBeGreaterThan(10)
    expect(met).toBeLessThan(80)
    await expectNoTraces(shop)
  })
})

describe('a fault that users would meet', () => {
  withSluice({})

  it('keeps a release from starting where the administrator allows none', async () => {
    const { shop, load } = await open('not-permitted', () => REAL)
    await release(shop)
    const { conditions = [] } = await shop.status(
      'preflight refuses',
      (status) =>
        status.conditions?.some(({ message }) => message.includes('SLUICE_FAULT_MAX_PERCENT')) === true,
    )
    expect(conditions.map(({ message }) => message).join()).toContain('would meet it')
    expect(await failed(load)).toBe(0)
    await expectNoTraces(shop)
  })
})
