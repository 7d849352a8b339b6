import { describe, expect, it } from 'vitest'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import { outcomeOf } from '../../../src/cli/watch/outcome.ts'
import { AT_20, PROMOTED, ROLLED_BACK, ago, aRollout, conditions } from '../fixtures.ts'

describe('a release', () => {
  it.each<[string, RolloutStatus]>([
    ['nobody has looked at', {}],
    ['is under way', AT_20],
    ['is paused', { ...AT_20, conditions: conditions('Reconciling', 'Paused') }],
    ['waits for Temporal', { ...AT_20, conditions: conditions('Reconciling', 'EngineUnreachable') }],
  ])('has not ended while it %s', (_, status) => {
    expect(outcomeOf(aRollout(status))).toBeUndefined()
  })

  it.each<[string, RolloutStatus]>([
    ['was promoted', PROMOTED],
    ['is stable', { ...PROMOTED, conditions: conditions('Ready', 'Stable') }],
  ])('succeeded when it %s', (_, status) => {
    expect(outcomeOf(aRollout(status))).toBe('Succeeded')
  })

  it.each<[string, RolloutStatus]>([
    ['was rolled back', ROLLED_BACK],
    ['was refused', { conditions: conditions('Stalled', 'PreflightFailed') }],
    ['is not valid', { conditions: conditions('Stalled', 'Invalid') }],
  ])('failed when it %s', (_, status) => {
    expect(outcomeOf(aRollout(status))).toBe('Failed')
  })

  it('that somebody has just asked for is not taken for the one before it', () => {
    expect(outcomeOf(aRollout(PROMOTED, { generation: 2 }))).toBeUndefined()
    expect(outcomeOf(aRollout(ROLLED_BACK, { generation: 2 }))).toBeUndefined()
  })

  it('of a Rollout that is being deleted has not ended', () => {
    expect(outcomeOf(aRollout(PROMOTED, { deletionTimestamp: ago(1) }))).toBeUndefined()
  })
})
