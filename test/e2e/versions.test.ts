import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { remainsOf } from '../../sandbox/kit/remains.ts'
import { hasWeight, standing } from '../../sandbox/kit/shop.ts'
import type { ShownRollout } from '../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { answersByVersion, foreignErrors } from '../../sandbox/load/index.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { marksOf } from '../../src/core/traffic/mark.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import { record } from '../integration/recording.ts'
import { closeShop, meshOf, openShop, release, releaseOver, stopAt } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

describe.concurrent('another version is wanted', () => {
  it('a third one in mid-release meets no request before its own first step, and stable stays', async () => {
    const open = await openShop('versions-third', { steps: stopAt(20) })
    const { shop, load } = open
    const before = await meshOf(shop)
    await release(shop, 'v2')
    await shop.status('v2 at 20 %', (status) => hasWeight(status, 20))
    await shop.deploy('v3')
    await shop.podsReady('v3', 2)
    const recording = await record<ShownRollout>(shop, 'rollouts')
    await shop.patchRollout({ version: 'v3' })
    await eventually('v3 gets its first step, and met no request before', async () => {
      const answers = answersByVersion(await load.snapshot())['v3'] ?? 0
      const { release: now } = (await shop.rollout())?.status ?? {}
      if (now?.version === 'v3' && (now.phase === 'Raising' || now.phase === 'Observing')) return true
      expect(answers).toBe(0)
      return false
    })
    const raising = await eventually('its first step is recorded', async () =>
      recording.versions
        .map(({ status }) => status)
        .find((status) => status?.release?.version === 'v3' && status.release.phase === 'Raising'),
    )
    recording.stop()
    expect(raising.stableVersion).toBe('v1')
    expect(raising.history?.[0]).toMatchObject({ to: 'v2', result: 'Superseded' })
    await shop.status('v3 at 5 %', (status) => status.release?.version === 'v3' && hasWeight(status, 5))
    const rule = (await meshOf(shop)).destinationRule
    expect(rule.spec.subsets?.map(({ labels }) => labels?.['version']).toSorted()).toEqual(['v1', 'v3'])

    await shop.patchRollout({ version: 'v1' })
    const status = await releaseOver(shop, 'v3')
    expect(standing(status)).toBe('Ready/Stable')
    expect(status.history?.[0]).toMatchObject({ to: 'v3', result: 'RolledBack' })
    expect(status.history?.[0]?.reason).toContain('ReturnedToStable')
    expect(status.history).toHaveLength(2)
    expect(remainsOf(before, await meshOf(shop), 'v1')).toEqual([])
    expect(foreignErrors(await load.snapshot())).toBe(0)
    await closeShop(open)
  })

  it('a bad version is not released again until it changes', async () => {
    const open = await openShop('versions-bad')
    const { shop } = open
    await release(shop, 'v2', { ERROR_RATE: 1 })
    const failed = await releaseOver(shop, 'v2')
    expect(failed.lastFailed).toMatchObject({ version: 'v2', reason: 'MetricFailed' })

    await shop.patchRollout({ retire: { after: '2s' } })
    const settled = await shop.status(
      'the edit was seen',
      ({ observedGeneration }) => observedGeneration === 3,
    )
    expect(settled.history).toHaveLength(1)
    expect(standing(settled)).toBe('Stalled/RolledBack')

    await shop.deploy('v2', { ERROR_RATE: 0 })
    const mended = await shop.status(
      'the mended v2 is promoted',
      ({ stableVersion }) => stableVersion === 'v2',
    )
    expect(mended.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
    expect(mended.lastFailed).toBeUndefined()
    await closeShop(open)
  })

  it('a new pod template of the canary in mid-release begins anew, at weight 0 first', async () => {
    const open = await openShop('versions-template', { steps: stopAt(20) })
    const { shop } = open
    await release(shop, 'v2')
    const first = await shop.status('v2 at 20 %', (status) => hasWeight(status, 20))
    await shop.deploy('v2', { LATENCY_MS: 1 })
    const again = await shop.status(
      'a release of the new template',
      ({ release: now }) =>
        now !== undefined && now.templateHash !== first.release?.templateHash && now.step === 1,
    )
    expect(again.stableVersion).toBe('v1')
    expect(again.history?.[0]).toMatchObject({ to: 'v2', result: 'Superseded' })
    await closeShop(open)
  })

  it('the former stable version within retire.after has all traffic at once, without steps', async () => {
    const open = await openShop('versions-way-back', { retire: { after: '10m' } })
    const { shop, load } = open
    await release(shop, 'v2')
    await shop.status(
      'v2 is promoted',
      ({ release: now }) => now?.version === 'v2' && now.phase === 'Retaining',
    )
    const rollouts = await record<ShownRollout>(shop, 'rollouts')
    const routes = await record<VirtualService>(shop, 'virtualservices')
    await shop.patchRollout({ version: 'v1' })
    const back = await shop.status('v1 is back', ({ stableVersion }) => stableVersion === 'v1')
    expect(back.history?.[0]).toMatchObject({ from: 'v2', to: 'v1', result: 'Returned' })
    const wayBack = () =>
      rollouts.versions.flatMap(({ status }) => (status?.release?.version === 'v1' ? [status] : []))
    await eventually('the end of the way back is recorded', async () =>
      wayBack().some(({ stableVersion }) => stableVersion === 'v1'),
    )
    rollouts.stop()
    routes.stop()
    expect(wayBack().filter(isInStep)).toEqual([])
    expect(routes.versions.filter(isSplit)).toEqual([])
    const seen = answersByVersion(await load.snapshot())['v1'] ?? 0
    await eventually(
      'v1 answers',
      async () => (answersByVersion(await load.snapshot())['v1'] ?? 0) > seen + 30,
    )
    expect(foreignErrors(await load.snapshot())).toBe(0)
    await closeShop(open)
  })

  it('deletion at 50 % puts all traffic on stable, cleans up, and lets the Rollout go', async () => {
    const open = await openShop('versions-deleted', { steps: stopAt(50) })
    const { shop, load } = open
    const before = await meshOf(shop)
    await release(shop, 'v2')
    await shop.status('v2 at 50 %', (status) => hasWeight(status, 50))
    await shop.deleteRollout()
    await eventually('the Rollout is gone', async () => (await shop.rollout()) === undefined)
    const after = await meshOf(shop)
    expect(remainsOf(before, after, 'v1')).toEqual([])
    expect([...marksOf(after.virtualService), ...marksOf(after.destinationRule)]).toEqual([])
    expect(after.virtualService.spec).toEqual(before.virtualService.spec)
    expect(await shop.readyPods('v2')).toBe(2)
    expect(foreignErrors(await load.snapshot())).toBe(0)
    await closeShop(open)
  })

  it('deletion of an idle Rollout does not hang, and takes our mark along', async () => {
    const open = await openShop('versions-idle')
    const { shop } = open
    await release(shop, 'v2')
    await releaseOver(shop, 'v2')
    expect((await shop.rollout())?.metadata?.finalizers ?? []).toEqual([])
    await shop.deleteRollout()
    await eventually('the marks are gone', async () => {
      const { virtualService, destinationRule } = await meshOf(shop)
      return marksOf(virtualService).length + marksOf(destinationRule).length === 0
    })
    await closeShop(open)
  })
})

function isInStep({ release: now, step }: RolloutStatus): boolean {
  return step !== undefined || now?.phase === 'Raising' || now?.phase === 'Observing'
}

/** More than one version has weight. */
function isSplit({ spec }: VirtualService): boolean {
  return (spec.http ?? []).some(({ route = [] }) => route.filter(({ weight }) => weight !== 0).length > 1)
}
