import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { HEALTHY, MISBEHAVING } from '../../sandbox/kit/canaries.ts'
import { ERRORS_VS_STABLE, beginRelease, openJudged, releaseEnd } from '../../sandbox/kit/judged.ts'
import type { JudgedShop, Scene } from '../../sandbox/kit/judged.ts'
import type { AppEnv, Shop } from '../../sandbox/kit/shop.ts'
import { startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { runSluice } from '../main/run-sluice.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

/** Each waits for a verdict of real counters of real proxies, and not for a time. */

const VERDICT_MS = 240_000
const env = workerSandbox()
const opened: JudgedShop[] = []

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(env)
  await sluice.ready()
})
afterAll(async () => sluice.stop())
afterEach(async () => {
  const shops = opened.splice(0)
  await Promise.all(shops.map(async ({ load }) => load.stop()))
  await Promise.all(shops.map(async ({ shop }) => shop.close()))
})

/** A shop under load that is stable at v1, whose next release is judged so. */
async function open(name: string, scene: Scene): Promise<Shop> {
  const judged = await openJudged(env, name, scene)
  opened.push(judged)
  return judged.shop
}

/** Releases v2, and waits for its end. */
async function release(shop: Shop, app: AppEnv): Promise<RolloutStatus> {
  await beginRelease(shop, app)
  return releaseEnd(shop, VERDICT_MS)
}

/** What the evidence of the last release looked like. */
async function explained({ namespace }: Shop): Promise<string> {
  const places = ['-n', namespace, '--kubeconfig', env.kubeconfig, '--temporal', env.temporal]
  const { code, stdout, stderr } = await runSluice(['analyze', 'explain', 'reviews', ...places])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const result = ({ history }: RolloutStatus) => history?.[0]?.result
const reason = ({ history }: RolloutStatus) => history?.[0]?.reason

const LATENCY = { name: 'latency', istio: 'Latency', vsStable: { harmBudget: '1%' } }

describe('a canary that is held against stable', () => {
  it('with 1 % errors against 0.1 % is rolled back, and one with as many as stable is promoted', async () => {
    const shop = await open('compared', { metrics: [ERRORS_VS_STABLE], perSecond: 400 })
    const bad = await release(shop, MISBEHAVING.failing)
    expect(result(bad)).toBe('RolledBack')
    expect(reason(bad)).toMatch(/canary .* requests failed, stable .*; .* if it were no worse$/)
    const told = await explained(shop)
    expect(told).toMatch(/v1 → v2 {2}rolled back/)
    expect(told).toMatch(/● rolled back from here$/m)

    const good = await open('alike', { metrics: [ERRORS_VS_STABLE], perSecond: 400 })
    expect(result(await release(good, HEALTHY))).toBe('Promoted')
  })

  it('and answers 1.5 times as slowly is rolled back', async () => {
    const shop = await open('slower', { metrics: [LATENCY] })
    const end = await release(shop, MISBEHAVING.slower)
    expect(result(end)).toBe('RolledBack')
    expect(reason(end)).toMatch(/took longer than [\d.]+ms/)
  })

  it('and lets 2 % of requests hang is rolled back', async () => {
    const shop = await open('hanging', { metrics: [LATENCY] })
    expect(result(await release(shop, MISBEHAVING.hanging))).toBe('RolledBack')
  })

  it('and forbids everything to everybody is rolled back, though nothing fails', async () => {
    const refused = { name: 'refused', istio: 'ClientErrorRate', vsStable: {} }
    const shop = await open('forbidding', { metrics: [ERRORS_VS_STABLE, refused], perSecond: 50 })
    const end = await release(shop, MISBEHAVING.forbidding)
    expect(result(end)).toBe('RolledBack')
    expect(reason(end)).toMatch(/^MetricFailed: refused: .* were refused \(4xx\)/)
  })

  it('and whose errors the retries of callers hide is rolled back by what its pods count', async () => {
    const retries = { attempts: 5, retryOn: '5xx' }
    const shop = await open('hidden', { metrics: [ERRORS_VS_STABLE], inbound: true, retries })
    const end = await release(shop, MISBEHAVING.flaky)
    expect(result(end)).toBe('RolledBack')
    expect(reason(end)).toMatch(/as its pods count/)
  })

  it('is not blamed for an incident that hits both versions', async () => {
    const shop = await open('incident', { metrics: [ERRORS_VS_STABLE], perSecond: 300 })
    shop.behave({ all: { ERROR_RATE: 0.2 } })
    await beginRelease(shop, HEALTHY)
    // At 20 % nobody can show that the canary is safe, and many requests have failed by then.
    const seenFailing = ({ verdicts }: RolloutStatus) => {
      const [, failed = '0'] = /canary ([\d,]+) of/.exec(verdicts?.[0]?.evidence ?? '') ?? []
      return Number(failed.replaceAll(',', '')) >= 50
    }
    const status = await shop.status('many failed', seenFailing, VERDICT_MS)
    expect(status.verdicts?.[0]?.verdict).not.toBe('Fail')
    shop.behave()
    const over = ({ history }: RolloutStatus) => history?.[0]?.to === 'v2'
    expect(result(await shop.status('the incident is over', over, VERDICT_MS))).toBe('Promoted')
  })
})

describe('a service with a request a second', () => {
  it('is Unsure with an estimate, until patience ends as onPatience says', async () => {
    const analysis = { patience: '10s', onPatience: 'Rollback' }
    const shop = await open('quiet', { metrics: [ERRORS_VS_STABLE], perSecond: 1, analysis, stable: {} })
    await beginRelease(shop, {})
    const hasEstimate = ({ message, verdicts }: RolloutStatus) =>
      verdicts?.[0]?.verdict === 'Unsure' && /about [\d,]+ more (second|minute|hour)s?/.test(message ?? '')
    await shop.status('an estimate', hasEstimate, VERDICT_MS)
    const over = ({ history }: RolloutStatus) => history?.[0]?.to === 'v2'
    const end = await shop.status('the end of patience', over, VERDICT_MS)
    expect(reason(end)).toBe('PatienceExceeded: not enough evidence within a patience of 10s')
  })
})
