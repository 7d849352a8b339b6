import { describe, expect, it } from 'vitest'
import { recordOf } from '../../../src/core/faults/of-release.ts'
import { expiryOf, faultsOf, withFaultRecords } from '../../../src/core/faults/record.ts'
import { START, aPlan, aState, aVirtualService } from '../shop.ts'

const FAULT = {
  name: 'ratings-down',
  dependency: 'ratings.shop.svc.cluster.local',
  abort: { percent: 50, httpStatus: 503 },
  durationMs: 90_000,
  recoveryMs: 30_000,
  required: true,
}
const labels = { app: 'reviews', version: 'v2' }
const meets = { kind: 'Callers', namespace: 'shop', labels } as const
const state = aState('Probing', { step: 0, plan: aPlan({ faults: [FAULT] }) })

describe('the record of a fault probe', () => {
  const record = recordOf(state, FAULT, { meets, now: START })

  it('tells whose it is, why, whom it is for, and until when', () => {
    expect(record).toEqual({
      id: record.id,
      name: 'ratings-down',
      owner: 'shop/reviews',
      release: { uid: 'uid-reviews', id: 'v2-template-1-2', seq: 10 },
      reason: 'fault probe of v2 at 5 %',
      host: 'ratings.shop.svc.cluster.local',
      injectedAt: '2026-01-02T03:04:05.000Z',
      expiresAt: '2026-01-02T03:05:35.000Z',
      meets: { kind: 'Callers', namespace: 'shop', labels },
      abort: { percent: 50, httpStatus: 503 },
    })
    expect(expiryOf(record)).toBe(START + 90_000)
  })

  it('has the id of the same probe at any time, and of no other', () => {
    expect(recordOf({ ...state, seq: 99 }, FAULT, { meets, now: 0 }).id).toBe(record.id)
    expect(recordOf(state, { ...FAULT, name: 'other' }, { meets, now: START }).id).not.toBe(record.id)
  })

  it('is read again as it was written', () => {
    expect(faultsOf(withFaultRecords(aVirtualService(), [record]))).toEqual([record])
  })
})
