import { describe, expect, it } from 'vitest'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import { lastFailedOf } from '../../../src/core/policy/failed.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import { KEY, ROLLOUT, aVirtualService } from '../shop.ts'

const MARK: Mark = { rollout: KEY, uid: ROLLOUT.uid, release: 'r', seq: 3, stable: 'v1' }
const FAILED = { version: 'v2', templateHash: 'a', reason: 'MetricFailed' }
const TOLD = { ...FAILED, version: 'v3', message: 'bad', at: '2026-01-02T03:04:05Z' }

function failed(status: RolloutStatus, changes: Partial<Mark> = { failed: FAILED }) {
  const virtualServices = [undefined, withMark(aVirtualService(), KEY, { ...MARK, ...changes })]
  return lastFailedOf({ rollout: ROLLOUT, status, virtualServices })
}

describe('the release that failed last', () => {
  it('is what the status says', () => {
    expect(failed({ lastFailed: TOLD })).toBe(TOLD)
    expect(failed({ stableVersion: 'v1', lastFailed: TOLD })).toBe(TOLD)
  })

  it('is what the mark says when the status was lost', () => {
    expect(failed({})).toMatchObject({ ...FAILED, message: expect.stringContaining('lost') })
    expect(failed({ observedGeneration: 0 })).toMatchObject(FAILED)
  })

  it.each<RolloutStatus>([
    { stableVersion: 'v1' },
    { history: [] },
    { release: { id: 'r', seq: 1, phase: 'Done', version: 'v3', templateHash: '', step: 0, steps: 4 } },
  ])('is none when the status is there and says nothing of it: %j', (status) => {
    expect(failed(status)).toBeUndefined()
  })

  it('is none of a Rollout that was deleted and made anew, nor one that no mark tells of', () => {
    expect(failed({}, { uid: 'another', failed: FAILED })).toBeUndefined()
    expect(failed({}, {})).toBeUndefined()
  })
})
