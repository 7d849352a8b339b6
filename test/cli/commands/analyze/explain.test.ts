import { describe, expect, it } from 'vitest'
import { addAnalyze } from '../../../../src/cli/commands/analyze.ts'
import type { RolloutStatus } from '../../../../src/api/v1alpha1/status.ts'
import type { KeptRelease } from '../../../../src/ports-views.ts'
import { aState } from '../../../core/shop.ts'
import { helpOf } from '../../analyzing.ts'
import { aRollout } from '../../fixtures.ts'
import { aKeptRelease } from '../../kept.ts'
import { World } from '../../world.ts'

const STATUS: RolloutStatus = { workflow: { id: 'rollout:c/shop/reviews', runId: 'run-1' } }
const GOOD = Array.from({ length: 12 }, () => 0)
const STAMP = { seq: 1, at: 0 }
const FAILED = {
  ...STAMP,
  type: 'Failed' as const,
  reason: 'MetricFailed',
  message: 'error-rate: canary 59 of 5,000 requests failed',
}

async function explained(kept: readonly KeptRelease[], ...args: readonly string[]): Promise<World> {
  const world = new World([aRollout(STATUS)], { columns: 100, rows: 50 })
  world.kept = kept
  await world.run(addAnalyze, ['analyze', 'explain', 'reviews', ...args])
  return world
}

describe('sluice analyze explain', () => {
  it('draws how the evidence of each step grew', async () => {
    const bad = [0, 0.01, 0.02, 0.05]
    const world = await explained([aKeptRelease([GOOD, bad], { results: [FAILED] })])
    const { text } = world
    expect(text).toMatch(/^shop\/reviews {2}v1 → v2 {2}rolled back {2}2026-05-06 11:00 UTC\n/)
    expect(text).toContain(`\n  ${FAILED.message}\n`)
    expect(text).toMatch(/\n5 % {2}2026-05-06 11:00 UTC\n {2}Unsure {2}error-rate {2}limit 5%, as stable\n/)
    expect(text).toMatch(/\n50 % {2}2026-05-06 11:10 UTC\n {2}Fail {2}error-rate/)
    expect(text).toMatch(/1 in 100 ┤┄+●+ rolled back from here\n/)
    expect(text).toMatch(/1 in 20 ┤[┄○]+ passes from here\n/)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect(world.isArchiveClosed).toBe(true)
    expect(world.exitCode).toBeUndefined()
  })

  it('tells promoted ones, those under way and those that were taken back', async () => {
    const words = await Promise.all(
      [
        { results: [{ ...STAMP, type: 'Promoted' as const }] },
        { results: [{ ...STAMP, type: 'Lowered' as const }] },
        { results: [], isOver: false },
        { results: [] },
      ].map(async (changes) => (await explained([aKeptRelease([GOOD], changes)])).text.split('\n')[0]),
    )
    expect(words.map((line) => /v2 {2}(.*?) {2}/.exec(line ?? '')?.[1])).toEqual([
      'promoted',
      'taken back',
      'under way',
      'ended early',
    ])
  })

  it('leaves charts out in which nothing would be seen', async () => {
    const { text } = await explained([aKeptRelease([[0]])])
    expect(text).toContain('canary 0 of 50 requests failed')
    expect(text).not.toContain('┤')
  })

  it('shows the newest release that has looks, or the one of a version', async () => {
    const without = aKeptRelease([], { state: aState('Done', { version: 'v3' }) })
    const kept = [without, aKeptRelease([GOOD])]
    expect((await explained(kept)).text).toContain('v1 → v2')
    const { text } = await explained(kept, '--release', 'v3')
    expect(text).toContain('v1 → v3')
    expect(text).toContain('No look of it is kept')
  })

  it('names the releases that there are when the wanted one is not', async () => {
    await expect(explained([aKeptRelease([GOOD])], '--release', 'v9')).rejects.toThrow(
      'Temporal does not keep a release of v9; it has: v2 (2026-05-06 11:00 UTC)',
    )
    await expect(explained([])).rejects.toThrow(
      'Temporal does not keep any release; it forgets them after its retention time',
    )
  })

  it('says that there was no release yet', async () => {
    const world = new World([aRollout({})])
    await expect(world.run(addAnalyze, ['analyze', 'explain', 'reviews'])).rejects.toThrow(
      'Rollout reviews in namespace shop has had no release yet',
    )
    expect(world.addresses).toEqual([])
  })

  it('asks Temporal where it is told to', async () => {
    expect((await explained([aKeptRelease([GOOD])], '--temporal', 'temporal:7233')).addresses).toEqual([
      'temporal:7233',
    ])
  })

  it('gives all looks as JSON', async () => {
    const { text } = await explained([aKeptRelease([GOOD], { results: [FAILED] })], '-o', 'json')
    const told = JSON.parse(text) as { steps: { metrics: { looks: object[] }[] }[] }
    expect(told).toMatchObject({ rollout: 'shop/reviews', stable: 'v1', canary: 'v2', ending: 'rolled back' })
    expect(told.steps[0]?.metrics[0]?.looks).toHaveLength(GOOD.length)
    expect(told.steps[0]?.metrics[0]?.looks[0]).toMatchObject({
      seconds: 15,
      verdict: 'Unsure',
      canary: { requests: 50, bad: 0 },
      stable: { requests: 950, bad: 1 },
    })
  })

  it('explains itself', () => {
    expect(helpOf('explain')).toContain('sluice analyze explain reviews --release v2')
  })
})
