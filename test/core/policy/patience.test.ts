import { describe, expect, it } from 'vitest'
import { overdueOf } from '../../../src/core/policy/patience.ts'
import type { Patience, Waiting } from '../../../src/core/policy/patience.ts'

const PATIENCE: Patience = {
  patienceMs: 60_000,
  onPatience: 'Pause',
  onNoData: 'Wait',
  onProviderError: 'Hold',
}
const unsure: Waiting = { verdict: 'Unsure', overMs: 60_000, blindMs: 0 }
const kindOf = (waiting: Partial<Waiting>, patience: Partial<Patience> = {}) =>
  overdueOf({ ...unsure, ...waiting }, { ...PATIENCE, ...patience })?.kind

describe('patience', () => {
  it('ends so long after the hold, and not a moment sooner', () => {
    expect(kindOf({ overMs: 59_999 })).toBeUndefined()
    expect(kindOf({})).toBe('Pause')
  })

  it.each(['Pause', 'Rollback', 'Promote'] as const)('may end in %s', (onPatience) => {
    expect(kindOf({}, { onPatience })).toBe(onPatience)
  })

  it('is not used up by time in which nobody could see', () => {
    expect(kindOf({ overMs: 100_000, blindMs: 50_000 }, { onPatience: 'Rollback' })).toBeUndefined()
    expect(kindOf({ overMs: 110_000, blindMs: 50_000 }, { onPatience: 'Rollback' })).toBe('Rollback')
  })

  it.each(['Pass', 'Fail'] as const)('has no say once the verdict is %s', (verdict) => {
    expect(kindOf({ verdict, overMs: 1e9 })).toBeUndefined()
  })

  it.each([
    ['Wait', 'Pause'],
    ['Fail', 'Rollback'],
    ['Pass', 'Promote'],
  ] as const)('without any request ends as onNoData: %s says', (onNoData, kind) => {
    expect(kindOf({ verdict: 'NoData' }, { onNoData, onPatience: 'Rollback' })).toBe(kind)
  })

  it('never blames the canary for an outage of Prometheus, unless asked to', () => {
    const outage = { verdict: 'ProviderError', overMs: 1e9, blindMs: 1e9 } as const
    expect(kindOf(outage, { onPatience: 'Rollback' })).toBeUndefined()
    expect(kindOf({ ...outage, blindMs: 59_999 }, { onProviderError: 'Rollback' })).toBeUndefined()
    expect(kindOf(outage, { onProviderError: 'Rollback' })).toBe('Rollback')
  })

  it('says what was missing, and for how long', () => {
    expect(overdueOf(unsure, { ...PATIENCE, onPatience: 'Rollback' })).toEqual({
      kind: 'Rollback',
      reason: 'PatienceExceeded',
      message: 'not enough evidence within a patience of 1m',
    })
  })

  it('is without end in releases that began before there was one', () => {
    expect(overdueOf({ ...unsure, overMs: 1e12 }, {})).toBeUndefined()
  })
})
