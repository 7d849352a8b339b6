import { describe, expect, it } from 'vitest'
import { initialEvidence } from '../../../src/core/analysis/evidence.ts'
import { measuresOf } from '../../../src/core/analysis/measures.ts'
import type { ResultEvent } from '../../../src/core/machine/event.ts'
import type { Phase, ReleaseState } from '../../../src/core/machine/state.ts'
import { transition } from '../../../src/core/machine/transition.ts'
import { eventsOf } from '../../../src/core/status/events.ts'
import { START, V1, V2, aPlan, aState } from '../shop.ts'

const stamp = { seq: 10, at: START }
const evidence = initialEvidence(measuresOf(aPlan().metrics), 3)
const findings = [{ reason: 'RouteNotFound', message: 'no such route' }]
const failed = {
  result: 'RolledBack',
  reason: 'MetricFailed',
  message: '14 of 300 failed',
  failed: true,
} as const

function told(phase: Phase, event: ResultEvent, changes: Partial<ReleaseState> = {}): string[] {
  const before = aState(phase, changes)
  return eventsOf(before, transition(before, event), event).map(
    ({ type, reason, message }) => `${type} ${reason}: ${message}`,
  )
}

const cleared = {
  type: 'Cleared',
  ...stamp,
  floor: 0,
  stable: V1,
  canary: V2,
  stablePods: 4,
  adopt: false,
} as const
const lastFailed = { version: 'v2', templateHash: 'template-1', reason: 'X', message: 'y', at: '' }

describe('an event tells', () => {
  it.each<[Phase, ResultEvent, Partial<ReleaseState>, string]>([
    ['Preflight', cleared, {}, 'Normal ReleaseStarted: release of v2 started; users have v1'],
    [
      'Preflight',
      { type: 'Refused', ...stamp, floor: 0, findings },
      {},
      'Warning PreflightFailed: no such route',
    ],
    [
      'Preflight',
      { type: 'Leftover', ...stamp, floor: 0, stable: V1, canary: V2 },
      {},
      'Warning WorkflowLost: the release of v2 had lost its workflow',
    ],
    [
      'Preflight',
      { type: 'Leftover', ...stamp, floor: 0, stable: V1, canary: V2, promoted: 'x' },
      {},
      'Warning WorkflowLost: the release of v2 had lost its workflow after promotion; v1 is retired',
    ],
    ['Raising', { type: 'Raised', ...stamp }, { step: 1 }, 'Normal WeightRaised: v2 gets 20 % of requests'],
    [
      'Raising',
      { type: 'Raised', ...stamp },
      { step: 1, stepStartedAt: START },
      'Normal WeightRestored: v2 has 20 % of requests again',
    ],
    [
      'Observing',
      { type: 'Drifted', ...stamp, evidence, message: 'argocd moved' },
      {},
      'Warning Drifted: argocd moved',
    ],
    ['Observing', { type: 'CanaryLost', ...stamp, message: 'no pod' }, {}, 'Warning CanaryLost: no pod'],
    ['Promoting', { type: 'Promoted', ...stamp }, { step: 2 }, 'Normal Promoted: v2 has all traffic'],
    ['Retiring', { type: 'Retired', ...stamp }, { step: 2 }, 'Normal Retired: v1 was retired'],
    [
      'Lowering',
      { type: 'Lowered', ...stamp },
      { ending: failed },
      'Warning RolledBack: v2 was taken back, v1 has all traffic: 14 of 300 failed',
    ],
    [
      'Lowering',
      { type: 'Lowered', ...stamp },
      {
        ending: {
          ...failed,
          result: 'Superseded',
          reason: 'Superseded',
          message: 'v3 is wanted',
          failed: false,
        },
      },
      'Normal Superseded: v2 was taken back, v1 has all traffic: v3 is wanted',
    ],
  ])('in %s of %j (%j): %s', (...[phase, event, changes, expected]) => {
    expect(told(phase, event, changes)).toEqual([expected])
  })

  it('is one event, told twice: it carries the sequence of its action, or the start of a preflight', () => {
    const raised = aState('Raising', { step: 1 })
    const event: ResultEvent = { type: 'Raised', ...stamp }
    expect(eventsOf(raised, transition(raised, event), event)).toMatchObject([{ seq: 10 }])
    const checked = (seq: number) => {
      const before = aState('Preflight', { seq })
      return eventsOf(before, transition(before, { ...cleared, seq }), cleared)
    }
    expect(checked(11)).toEqual(checked(10))
  })

  it('a refusal once, not at every try', () => {
    const refused: ResultEvent = { type: 'Refused', ...stamp, floor: 0, findings }
    expect(told('Preflight', refused, { findings })).toEqual([])
  })

  it.each<[Phase, ResultEvent, Partial<ReleaseState>]>([
    ['Preflight', { ...cleared, lastFailed }, {}],
    ['Preflight', { type: 'Unneeded', ...stamp, floor: 0 }, {}],
    ['Preparing', { type: 'Prepared', ...stamp }, {}],
    ['Observing', { type: 'Passed', ...stamp, evidence, countedTo: START }, { step: 0 }],
    ['Observing', { type: 'Failed', ...stamp, reason: 'MetricFailed', message: 'bad' }, {}],
    ['Cleaning', { type: 'Cleaned', ...stamp }, { ending: failed }],
  ])('nothing in %s of %j: others tell of it, or nothing happened', (phase, event, changes) => {
    expect(told(phase, event, changes)).toEqual([])
  })

  it('nothing of an action that was overtaken', () => {
    expect(told('Raising', { type: 'Raised', seq: 9, at: START })).toEqual([])
  })
})
