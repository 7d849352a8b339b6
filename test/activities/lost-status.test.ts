import { beforeEach, describe, expect, it } from 'vitest'
import { markOf } from '../../src/core/traffic/mark.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { KEY, ROLLOUT } from '../core/shop.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

/** Somebody restored the Rollout from a backup, which has no status. */
function loseStatus(): void {
  const rollout = stage.cluster.store.read('Rollout', ROLLOUT)
  if (rollout === undefined) throw new Error('there is no Rollout')
  stage.cluster.store.replaceStatus({ ...rollout, status: { observedGeneration: 0 } })
}

/** A workflow that begins anew knows nothing of the one before. */
async function again(changes: Partial<ReleaseState['wanted']> = {}): Promise<ReleaseState> {
  return stage.next(stage.start(changes))
}

describe('a status that was lost', () => {
  it('does not start a release again that failed', async () => {
    stage.answer('v2', 0.5)
    const { ending, templateHash } = await stage.until('Done')
    expect(ending).toMatchObject({ reason: 'MetricFailed', failed: true })
    expect(markOf(stage.shop.virtualService, KEY)).toMatchObject({ failed: { version: 'v2', templateHash } })
    loseStatus()
    const next = await again({ templateHash })
    expect(next.phase).toBe('Done')
    expect(next.ending).toMatchObject({ reason: 'MetricFailed', failed: true })
  })

  it('does not keep another template of it from being tried, which then leaves no trace of the failure', async () => {
    stage.answer('v2', 0.5)
    await stage.until('Done')
    loseStatus()
    const next = await again({ templateHash: 'mended' })
    expect(next.phase).toBe('Preparing')
    await stage.next(next)
    expect(markOf(stage.shop.virtualService, KEY)).not.toHaveProperty('failed')
  })

  it('in mid-step is written again by the release, which goes on where it was', async () => {
    stage.answer('v2', 0)
    const observing = await stage.until('Observing')
    loseStatus()
    const next = await stage.next(observing)
    expect(next.phase).toBe('Raising')
    await stage.next(next)
    expect(stage.shop.status).toMatchObject({ stableVersion: 'v1', release: { id: observing.id, step: 2 } })
    const end = await stage.until('Done', next)
    expect(end.ended).toMatchObject({ result: 'Promoted' })
  })

  it('is not taken for a failure after a promotion, or after somebody went back to stable', async () => {
    stage.answer('v2', 0)
    await stage.until('Done', stage.want(await stage.until('Observing'), { version: 'v1' }))
    expect(markOf(stage.shop.virtualService, KEY)).not.toHaveProperty('failed')
    loseStatus()
    expect((await again()).phase).toBe('Preparing')
  })
})
