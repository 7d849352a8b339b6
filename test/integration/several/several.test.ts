import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { remainsOf } from '../../../sandbox/kit/remains.ts'
import { hasWeight } from '../../../sandbox/kit/shop.ts'
import type { Shop } from '../../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { foreignErrors } from '../../../sandbox/load/index.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { closeShop, meshOf, openShop, release, releaseOver } from '../../e2e/harness.ts'
import { engineOf } from '../engine.ts'
import { record, weightsOver } from '../recording.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const STEPS = [20, 50, 100].map((weight) => ({ weight, hold: '1s' }))
/** All that is told of a release with these steps, once each. */
const STORY = [
  'ReleaseStarted: release of v2 started; users have v1',
  'WeightRaised: v2 gets 20 % of requests',
  'WeightRaised: v2 gets 50 % of requests',
  'WeightRaised: v2 gets 100 % of requests',
  'Promoted: v2 has all traffic',
  'Retired: v1 was retired',
]

/** An event is written after the status that it tells of. */
const PATIENCE = { timeout: 20_000 }

let processes: SluiceProcess[]
beforeAll(async () => {
  const env = workerSandbox()
  processes = await Promise.all(['sluice-a', 'sluice-b'].map(async (name) => startSluice(env, { name })))
  await Promise.all(processes.map(async (one) => one.ready()))
})
afterAll(async () => {
  await Promise.all(processes.map(async (one) => one.stop()))
})

describe('two controllers and workers at once', () => {
  it('make one release of it: each event once, no weight goes back', async () => {
    const open = await openShop('several-both', { steps: STEPS })
    const { shop, load } = open
    const before = await meshOf(shop)
    const recording = await record<VirtualService>(shop, 'virtualservices')
    await release(shop, 'v2')
    const status = await releaseOver(shop, 'v2')
    recording.stop()
    expect(status.history).toMatchObject([{ from: 'v1', to: 'v2', result: 'Promoted' }])
    await expect.poll(async () => story(shop), PATIENCE).toEqual(STORY)
    expect(weightsOver(shop, recording.versions, 'v2')).toEqual([0, 20, 50, 100])
    expect(remainsOf(before, await meshOf(shop), 'v2')).toEqual([])
    expect(foreignErrors(await load.snapshot())).toBe(0)
    await closeShop(open)
  })

  it('one of them is killed while it observes: the other goes on, and nobody notices', async () => {
    const env = workerSandbox()
    const open = await openShop('several-killed', {
      steps: STEPS.map((step) => (step.weight === 50 ? { ...step, hold: '8s' } : step)),
    })
    const { shop, load } = open
    const before = await meshOf(shop)
    const engine = await engineOf(env, shop)
    const recording = await record<VirtualService>(shop, 'virtualservices')
    await release(shop, 'v2')
    const held = await shop.status('v2 at 50 %', (status) => hasWeight(status, 50))
    const observer = await eventually('somebody observes', async () => {
      const workers = await engine.workers()
      return processes.find(({ pid }) => workers.includes(pid))
    })
    await observer.kill()
    const status = await releaseOver(shop, 'v2')
    recording.stop()
    expect(status.history).toMatchObject([{ from: 'v1', to: 'v2', result: 'Promoted' }])
    const told = async () => (await story(shop)).filter((line) => !line.startsWith('Unwatched'))
    await expect.poll(told, PATIENCE).toEqual(STORY)
    expect(weightsOver(shop, recording.versions, 'v2')).toEqual([0, 20, 50, 100])
    const raisedAt = Date.parse(held.release?.stepStartedAt ?? '')
    const promotedAt = Date.parse(status.history?.[0]?.finishedAt ?? '')
    expect(promotedAt - raisedAt).toBeGreaterThanOrEqual(8_000)
    expect(remainsOf(before, await meshOf(shop), 'v2')).toEqual([])
    expect(foreignErrors(await load.snapshot())).toBe(0)
    await engine.close()
    await closeShop(open)
  })
})

/** What was told of the Rollout: each event with its reason, in the order of the first telling, repeats included. */
async function story(shop: Shop): Promise<string[]> {
  const lines = (await shop.events()).map(({ reason, message }) => `${reason}: ${message}`)
  const rank = (line: string) => STORY.indexOf(line)
  // Times of events are whole seconds.
  return lines.toSorted((a, b) => rank(a) - rank(b))
}
