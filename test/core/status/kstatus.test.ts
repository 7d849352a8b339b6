import { describe, expect, it } from 'vitest'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { Phase, ReleaseState } from '../../../src/core/machine/state.ts'
import { deliveredStatus, settledStatus, unreachableStatus } from '../../../src/core/status/settle.ts'
import type { Standing } from '../../../src/core/status/conditions.ts'
import { statusOf } from '../../../src/core/status/status.ts'
import { START, aState, aWanted } from '../shop.ts'
import { kstatusOf } from './kstatus.ts'
import type { Computed } from './kstatus.ts'

const NOW = '2026-01-02T03:04:05.000Z'
const FAILED = { result: 'RolledBack', reason: 'MetricFailed', message: 'bad', failed: true } as const
const BACK = { ...FAILED, reason: 'ReturnedToStable', failed: false }
const NO_ROUTE = [{ reason: 'RouteNotFound', message: 'no such route' }]
const BLIND = [{ reason: 'PrometheusUnreachable', message: 'ECONNREFUSED' }]

function written(
  phase: Phase,
  changes: Partial<ReleaseState> = {},
  prior: RolloutStatus = {},
): RolloutStatus {
  const status = statusOf(aState(phase, changes), { prior, now: START })
  if (status === undefined) throw new Error('the status was fenced off')
  return { observedGeneration: 1, ...status }
}

describe('kstatus reads a release', () => {
  it.each<[Phase, Partial<ReleaseState>, Computed]>([
    ['Preflight', {}, 'InProgress'],
    ['Refused', { findings: NO_ROUTE }, 'Failed'],
    ['Refused', { findings: BLIND, refusals: 1 }, 'InProgress'],
    ['Preparing', {}, 'InProgress'],
    ['Raising', { step: 0 }, 'InProgress'],
    ['Observing', { step: 0 }, 'InProgress'],
    ['Observing', { step: 0, wanted: aWanted({ paused: true }) }, 'InProgress'],
    ['Promoting', { step: 2 }, 'InProgress'],
    ['Retaining', { step: 2 }, 'Current'],
    ['Retiring', { step: 2 }, 'Current'],
    ['Lowering', { ending: FAILED }, 'InProgress'],
    ['Cleaning', { ending: FAILED }, 'InProgress'],
    ['Forgetting', {}, 'InProgress'],
    ['Done', {}, 'Current'],
    ['Done', { ending: FAILED }, 'Failed'],
    ['Done', { ending: BACK }, 'Current'],
  ])('in %s (%j) as %s', (phase, changes, expected) => {
    expect(kstatusOf(1, written(phase, changes))).toBe(expected)
  })

  it.each<[Standing, Computed]>([
    [{ type: 'Ready', reason: 'Stable', message: 'users have v2' }, 'Current'],
    [{ type: 'Stalled', reason: 'Invalid', message: 'spec.steps: must rise' }, 'Failed'],
    [{ type: 'Stalled', reason: 'RolledBack', message: 'bad' }, 'Failed'],
    [{ type: 'Reconciling', reason: 'Paused', message: 'paused' }, 'InProgress'],
  ])('that is not under way (%j) as %s', (standing, expected) => {
    const status = settledStatus({}, standing, { generation: 1, now: NOW, version: 'v2' })
    expect(kstatusOf(1, status)).toBe(expected)
  })

  it('whose engine cannot be reached as in progress, and leaves its generation unseen', () => {
    const settling = { generation: 2, now: NOW, version: 'v2', problem: 'ECONNREFUSED' }
    const status = unreachableStatus(written('Done'), settling)
    expect(kstatusOf(1, status)).toBe('InProgress')
    expect(status.observedGeneration).toBe(1)
  })
})

describe('a wish that was handed to the workflow', () => {
  const delivered = (prior: RolloutStatus, version: string, generation = 2) =>
    deliveredStatus(prior, { generation, now: NOW, version })

  it.each<[string, RolloutStatus, string, Computed]>([
    ['the first one', { observedGeneration: 0 }, 'v2', 'InProgress'],
    ['the next version', written('Done'), 'v3', 'InProgress'],
    ['another one after a failure', written('Done', { ending: FAILED }), 'v3', 'InProgress'],
    ['a corrected spec', written('Refused', { findings: NO_ROUTE }), 'v2', 'InProgress'],
    ['a third version right after a promotion', written('Retaining'), 'v3', 'InProgress'],
    ['another pause right after a promotion', written('Retaining'), 'v2', 'Current'],
    ['a new plan in mid-release', written('Observing', { step: 0 }), 'v2', 'InProgress'],
  ])('%s is not taken for done, nor for failed, before anything was', (_, prior, version, expected) => {
    expect(kstatusOf(2, prior)).toBe('InProgress')
    expect(kstatusOf(2, delivered(prior, version))).toBe(expected)
  })

  it('does not change what a refused release says while it looks again', () => {
    const refused = written('Refused', { findings: NO_ROUTE })
    expect(delivered(refused, 'v2', 1)).toEqual(refused)
  })

  it('says what is about to happen', () => {
    const status = delivered(written('Done'), 'v3')
    expect(status.message).toBe('a release of v3 is about to start')
    expect(status.conditions?.find((one) => one.status === 'True')).toMatchObject({
      type: 'Reconciling',
      reason: 'Starting',
      observedGeneration: 2,
    })
  })
})
