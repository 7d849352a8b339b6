import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hasWeight, standing } from '../../../sandbox/kit/shop.ts'
import type { ShownRollout } from '../../../sandbox/kit/shop.ts'
import { outageOf, partOf } from '../../../sandbox/kit/parts.ts'
import type { Outage } from '../../../sandbox/kit/parts.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { answersByVersion } from '../../../sandbox/load/index.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import { closeShop, meshOf, openShop, release, releaseOver } from '../../e2e/harness.ts'
import { record } from '../recording.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

let outage: Outage | undefined
let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())
afterEach(async () => outage?.end())

describe('Prometheus unreachable', () => {
  it('before a release: it waits as Reconciling, touches nothing, and goes on by itself', async () => {
    const open = await openShop('outage-before')
    const { shop } = open
    const before = await meshOf(shop)
    outage = await outageOf(partOf(workerSandbox(), 'prometheus'))
    await release(shop, 'v2')
    const waiting = await shop.status(
      'it is told that Prometheus is away',
      (status) => standing(status) === 'Reconciling/PrometheusUnreachable',
    )
    expect(waiting.message).toContain('Prometheus cannot be read: ECONNREFUSED')
    expect(await meshOf(shop)).toEqual(before)

    await outage.end()
    const status = await releaseOver(shop, 'v2')
    expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
    await closeShop(open)
  })

  it('in mid-step: no verdict, no rollback; afterwards what the canary answered meanwhile counts', async () => {
    const open = await openShop('outage-within', {
      steps: [
        { weight: 50, hold: '8s' },
        { weight: 100, hold: '1s' },
      ],
    })
    const { shop, load } = open
    const recording = await record<ShownRollout>(shop, 'rollouts')
    await release(shop, 'v2')
    await shop.status('there is evidence', (status) => hasWeight(status, 50) && status.verdicts !== undefined)
    outage = await outageOf(partOf(workerSandbox(), 'prometheus'))
    const cutAt = Date.now()
    const blind = await shop.status(
      'nobody can judge',
      ({ verdicts }) => verdicts?.[0]?.verdict === 'ProviderError',
    )
    expect(standing(blind)).toBe('Reconciling/Progressing')
    expect(blind.weight?.desired).toBe(50)
    expect(blind.message).toContain('ECONNREFUSED')

    // Shorter gaps than two looks are not worth an event.
    await eventually('it lasts longer than two looks', async () => Date.now() - cutAt > 4_000)
    const answered = answersByVersion(await load.snapshot())['v2'] ?? 0
    await outage.end()
    const status = await releaseOver(shop, 'v2')
    recording.stop()
    const passed = recording.versions.find(({ status: now }) => now?.step === '2/2')?.status
    expect(passed?.verdicts?.[0]?.verdict).toBe('Pass')
    expect(evidenceOf(passed)).toBeGreaterThanOrEqual(answered)
    expect(status.history).toMatchObject([{ from: 'v1', to: 'v2', result: 'Promoted' }])
    const reasons = (await shop.events()).map(({ reason }) => reason)
    expect(reasons).not.toContain('RolledBack')
    expect(reasons).toContain('Unwatched')
    await closeShop(open)
  })
})

/** Requests that the first metric's evidence counts: "canary 0 of 1,234 requests failed …". */
function evidenceOf(status: RolloutStatus | undefined): number {
  const text = status?.verdicts?.[0]?.evidence ?? ''
  const [, count = '0'] = /^canary [\d,]+ of ([\d,]+) requests/.exec(text) ?? []
  return Number(count.replaceAll(',', ''))
}
