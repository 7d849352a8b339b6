import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hasWeight, standing } from '../../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { startLoadProcess } from '../../../sandbox/load/index.ts'
import { closeShop, openShop, release, releaseOver } from '../../e2e/harness.ts'
import type { OpenShop } from '../../e2e/harness.ts'
import { ProxiedPrometheus } from './proxied-prometheus.ts'
import type { Manner } from './proxied-prometheus.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** Looks for which Prometheus does not do what it should. */
const LOOKS = 4

let sluice: SluiceProcess
const prometheus = new ProxiedPrometheus(workerSandbox().prometheus)
beforeAll(async () => {
  const settings = { SLUICE_PROMETHEUS_URL: await prometheus.start() }
  sluice = await startSluice(workerSandbox(), { settings })
  await sluice.ready()
})
beforeEach(() => prometheus.answer('Plain'))
afterAll(async () => {
  await sluice.stop()
  await prometheus.stop()
})

/** A release of a good version that is observed at 50 %, with a hold that is soon over. */
async function observed(name: string): Promise<OpenShop> {
  const steps = [
    { weight: 50, hold: '6s' },
    { weight: 100, hold: '1s' },
  ]
  const open = await openShop(name, { steps })
  await release(open.shop, 'v2')
  await open.shop.status('v2 is observed', (status) => hasWeight(status, 50) && status.verdicts !== undefined)
  return open
}

async function reasons({ shop }: OpenShop): Promise<string[]> {
  return (await shop.events()).map(({ reason }) => reason)
}

/** Waits until its hold is long over, and that many looks were in vain. */
async function sleptThrough({ shop }: OpenShop): Promise<void> {
  const startedAt = Date.parse((await shop.rollout())?.status?.release?.stepStartedAt ?? '')
  await eventually('the hold is over', async () => Date.now() > startedAt + 8_000)
  await eventually('four looks were in vain', async () => prometheus.queries >= LOOKS)
}

describe('Prometheus', () => {
  it.each<[Manner, RegExp]>([
    ['Hangs', /it did not answer within 5s/],
    ['NotANumber', /it has a sample that is no finite number: "NaN"/],
  ])('that answers badly for four looks (%s): held, not failed, not passed', async (manner, told) => {
    const open = await observed(`answers-${manner.toLowerCase()}`)
    const { shop } = open
    prometheus.answer(manner)
    const blind = await shop.status(
      'nobody can judge',
      ({ verdicts }) => verdicts?.[0]?.verdict === 'ProviderError',
    )
    expect(blind.message).toMatch(told)
    await sleptThrough(open)
    const held = (await shop.rollout())?.status
    expect(held).toMatchObject({ step: '1/2', weight: { desired: 50 }, release: { phase: 'Observing' } })
    expect(standing(held!)).toBe('Reconciling/Progressing')
    expect(held?.verdicts).toMatchObject([{ verdict: 'ProviderError' }])

    prometheus.answer('Plain')
    expect((await releaseOver(shop, 'v2')).history).toMatchObject([
      { from: 'v1', to: 'v2', result: 'Promoted' },
    ])
    expect(await reasons(open)).not.toContain('RolledBack')
    await closeShop(open)
  })

  it('that has several series of one version: all of them count', async () => {
    const open = await observed('answers-several')
    prometheus.answer('SeveralSeries')
    const status = await releaseOver(open.shop, 'v2')
    expect(prometheus.queries).toBeGreaterThan(0)
    expect(status.history).toMatchObject([{ from: 'v1', to: 'v2', result: 'Promoted' }])
    await closeShop(open)
  })

  it('that has seen no request of the canary: it waits, says so, and goes on with the first ones', async () => {
    const steps = [
      { weight: 50, hold: '2s' },
      { weight: 100, hold: '1s' },
    ]
    const { shop, load } = await openShop('answers-no-traffic', { steps })
    await eventually('there are requests', async () => (await load.snapshot()).sent > 100)
    await load.stop()
    await release(shop, 'v2')
    const idle = await shop.status(
      'there is nothing to judge',
      ({ verdicts }) => verdicts?.[0]?.verdict === 'NoData',
    )
    expect(standing(idle)).toBe('Reconciling/Progressing')
    await sleptThrough({ shop, load })
    const held = (await shop.rollout())?.status
    expect(held).toMatchObject({ step: '1/2', verdicts: [{ verdict: 'NoData' }], weight: { desired: 50 } })

    const { gateway: url } = workerSandbox()
    const again = await startLoadProcess({ url, host: shop.host, path: '/', ratePerSecond: 60 })
    const status = await releaseOver(shop, 'v2')
    expect(status.history).toMatchObject([{ from: 'v1', to: 'v2', result: 'Promoted' }])
    await closeShop({ shop, load: again })
  })
})
