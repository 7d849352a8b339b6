import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { until } from '../../sandbox/until.ts'
import { temporalArchive } from '../../src/adapters/temporal/archive.ts'
import { MOST_LOOKS, looksOf } from '../../src/core/analysis/record.ts'
import type { StepRecord } from '../../src/core/analysis/record.ts'
import type { KeptRelease } from '../../src/ports-views.ts'
import { aPlan } from '../core/shop.ts'
import { QUICK } from '../replay/scenarios/kit.ts'
import { untilStopped } from './kit/answers.ts'
import { releaseIn } from './kit/real.ts'
import type { Release } from './kit/release.ts'
import { Shop } from './kit/shop.ts'
import { Stage } from './kit/stage.ts'
import { afterLook } from './kit/usual.ts'

/** Its list of executions is behind by a moment. */
async function keptOnce(release: Release, isThere: (kept: readonly KeptRelease[]) => boolean) {
  let kept: KeptRelease[] = []
  await until(async () => {
    kept = await release.kept()
    expect(isThere(kept)).toBe(true)
  }, 20_000)
  return kept
}

const isOver = ([newest]: readonly KeptRelease[]) => newest?.isOver === true

describe('what Temporal keeps of real activities', () => {
  it('has the looks of each step, and how it ended', async (context) => {
    const shop = new Shop()
    const release = await releaseIn(shop, context)
    await release.want()
    await release.ended()
    const [kept] = await keptOnce(release, isOver)
    const steps = aPlan().steps.map((_, step) => step)
    expect(kept?.records.map(({ step }) => step)).toEqual(steps)
    expect(kept?.state).toMatchObject({ version: 'v2', stable: { version: 'v1' } })
    for (const { metrics } of kept?.records ?? []) {
      const looks = looksOf(metrics['error-rate']!)
      expect(looks.at(-1)).toMatchObject({
        verdict: 'Pass',
        counts: [expect.any(Number), 0, expect.any(Number), 0],
      })
      expect(looks.length).toBeLessThanOrEqual(MOST_LOOKS)
    }
    expect(kept?.results.map(({ type }) => type)).toContain('Promoted')
  })

  it('has the looks of a step that failed, and of one that is under way', async (context) => {
    const shop = new Shop()
    shop.isRealTime = true
    const release = await releaseIn(shop, context)
    await release.want({ plan: aPlan({ intervalMs: 500, steps: [{ weight: 20, holdMs: 600_000 }] }) })
    const [now] = await keptOnce(release, ([newest]) => (newest?.records.length ?? 0) > 0)
    expect(now?.isOver).toBe(false)
    shop.errors = 0.5
    await release.ended()
    const [kept] = await keptOnce(release, isOver)
    expect(kept?.records).toHaveLength(1)
    const [failed] = kept?.records ?? []
    expect(looksOf(failed!.metrics['error-rate']!).at(-1)?.verdict).toBe('Fail')
    expect(failed?.metrics['error-rate']?.said.evidence).toMatch(/requests failed/)
  })

  it('has the looks of a step in which the user went back', async (context) => {
    const shop = new Shop()
    shop.isRealTime = true
    const release = await releaseIn(shop, context)
    await release.want({ plan: aPlan({ intervalMs: 500, steps: [{ weight: 20, holdMs: 600_000 }] }) })
    await keptOnce(release, ([newest]) => (newest?.records.length ?? 0) > 0)
    // It takes as long as it takes in a cluster.
    shop.isReadOnly = true
    await release.want({ version: 'v1', templateHash: 'template-0' })
    await until(async () => {
      const { pendingActivities } = (await release.handle().describe()).raw
      expect(pendingActivities?.map(({ activityType }) => activityType?.name)).not.toContain('observe')
      // The observer hears of it with its next heartbeat, of which there is one in eight seconds.
    }, 30_000)
    shop.isReadOnly = false
    await release.ended()
    const [kept] = await keptOnce(release, isOver)
    expect(kept?.records.map(({ step }) => step)).toEqual([0])
  })
})

describe('what Temporal keeps of scripted activities', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open(inject('temporal'))
    await stage.work()
  })
  afterAll(async () => stage.close())

  const recordAt = (second: number): StepRecord => ({
    step: 0,
    startedAt: second * 1000,
    metrics: {
      'error-rate': {
        looks: [[1, 3, 0, null, 10, 0, 90, 0]],
        said: { verdict: 'Unsure', limit: '1%', evidence: 'seen' },
      },
    },
  })

  it('is one release, however many executions it took', async () => {
    const release = stage.release({ plan: QUICK })
    const times = 25
    for (let n = 0; n < times; n++)
      release.once('observe', ({ state }) => ({
        type: 'Renewed',
        evidence: afterLook(state),
        countedTo: n,
        record: recordAt(n),
      }))
    await release.want()
    await release.ended()
    expect(release.runs().length).toBeGreaterThan(1)
    const kept = await keptOnce(release, isOver)
    expect(kept).toHaveLength(1)
    expect(kept[0]?.runId).toBe(release.runs()[0])
    const [first] = kept[0]?.records ?? []
    expect(looksOf(first!.metrics['error-rate']!).at(-1)?.at).toBe(times)
  })

  it('is several releases, the newest first', async () => {
    const release = stage.release({ plan: QUICK })
    await release.want()
    await release.ended()
    release.once('observe', untilStopped)
    await release.want({ version: 'v3' })
    await release.reaches('Observing')
    const kept = await keptOnce(release, ({ length }) => length > 1)
    expect(kept.map(({ state, isOver: over }) => [state.version, over])).toEqual([
      ['v3', false],
      ['v2', true],
    ])
  })

  it('is nothing for a workflow that never was', async () => {
    const releases = temporalArchive(stage.client).releases('rollout:test/shop/"none"')
    const found: KeptRelease[] = []
    for await (const release of releases) found.push(release)
    expect(found).toEqual([])
  })
})
