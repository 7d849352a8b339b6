import { describe, expect, it } from 'vitest'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import { DEMO_CASES } from '../../../sandbox/demo/cases.ts'
import { statusProblems } from '../../../sandbox/demo/judge-status.ts'
import { found, seenOf, statusAfter } from './seen.ts'

const good = found(DEMO_CASES[0])
const slow = found(DEMO_CASES[2])
const promoted = statusAfter(good)
const [entry] = found(promoted.history)

const changed = (changes: Partial<RolloutStatus>) => statusProblems(good, seenOf(good, changes).rollout)

describe('the status after a promotion', () => {
  const release = { ...found(promoted.release), phase: 'Retiring' }
  const conditions = found(promoted.conditions)
  it.each<[what: string, changes: Partial<RolloutStatus>, line: string]>([
    ['an old version', { stableVersion: 'v1' }, 'status.stableVersion: expected v2, seen v1'],
    ['a release under way', { release }, 'status.release: expected v2 Done, seen v2 Retiring'],
    [
      'a weight of 50',
      { weight: { desired: 50, observed: 100 } },
      'status.weight.desired: expected 100, seen 50',
    ],
    ['an unseen weight', { weight: { desired: 100 } }, 'status.weight.observed: expected 100, seen none'],
    ['another sentence', { message: 'wait' }, 'status.message: expected … users have v2, seen wait'],
    ['an old generation', { observedGeneration: 3 }, 'status.observedGeneration: expected 4, seen 3'],
    [
      'another result',
      { history: [{ ...found(entry), result: 'RolledBack' }] },
      'status.history[0]: expected v1 → v2 Promoted, seen v1 → v2 RolledBack',
    ],
    ['no history', { history: [] }, 'status.history[0]: expected v1 → v2 Promoted, seen none'],
    [
      'a failure',
      { lastFailed: found(statusAfter(slow).lastFailed) },
      'status.lastFailed: expected none, seen v4 MetricFailed',
    ],
    [
      'a verdict too few',
      { verdicts: found(promoted.verdicts).slice(1) },
      'metrics in status.verdicts: expected error-rate, p99, seen p99',
    ],
    [
      'an unsure verdict',
      { verdicts: found(promoted.verdicts).map((one) => ({ ...one, verdict: 'Unsure' })) },
      'metrics that passed: expected 2, seen 0',
    ],
    [
      'a second true condition',
      {
        conditions: conditions.map((one) => ({ ...one, status: one.type === 'Stalled' ? 'False' : 'True' })),
      },
      'conditions that are true: expected Ready, seen Ready, Reconciling',
    ],
    [
      'conditions of an old generation',
      { conditions: conditions.map((one) => ({ ...one, observedGeneration: 3 })) },
      'current conditions: expected Ready, Reconciling, Stalled, seen none',
    ],
  ])('is not right with %s', (_, changes, line) => {
    expect(changed(changes)).toEqual([line])
  })

  it('is missed when there is none', () => {
    const { status: _, ...blank } = seenOf(good).rollout
    expect(statusProblems(good, blank)).toContain('status.stableVersion: expected v2, seen none')
  })
})

describe('the status after a rollback', () => {
  it('names the metric that failed, and no other', () => {
    const verdicts = found(statusAfter(found(DEMO_CASES[1])).verdicts)
    expect(statusProblems(slow, seenOf(slow, { verdicts }).rollout)).toEqual([
      'metrics that failed: expected p99, seen error-rate',
    ])
  })

  it('says which version failed', () => {
    const { lastFailed: _, ...status } = statusAfter(slow)
    expect(statusProblems(slow, { ...seenOf(slow).rollout, status })).toEqual([
      'status.lastFailed: expected v4 MetricFailed, seen none',
    ])
  })

  it('is not ready', () => {
    const { conditions } = promoted
    expect(statusProblems(slow, seenOf(slow, { conditions }).rollout)).toEqual([
      'conditions that are true: expected Stalled, seen Ready',
    ])
  })
})
