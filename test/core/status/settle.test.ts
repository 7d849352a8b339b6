import { describe, expect, it } from 'vitest'
import type { LastFailed, RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import { conditionsOf } from '../../../src/core/status/conditions.ts'
import type { Standing } from '../../../src/core/status/conditions.ts'
import { deliveredStatus, settledStatus, unreachableStatus } from '../../../src/core/status/settle.ts'

const NOW = '2026-01-02T03:04:05.000Z'
const LATER = '2026-01-02T04:00:00.000Z'
const STABLE: Standing = { type: 'Ready', reason: 'Stable', message: 'users have v2' }
const INVALID: Standing = { type: 'Stalled', reason: 'Invalid', message: 'spec.steps: must rise' }
const FAILURE: LastFailed = {
  version: 'v2',
  templateHash: 'a',
  reason: 'MetricFailed',
  message: 'bad',
  at: NOW,
}

const settling = { generation: 3, now: NOW, version: 'v2' }

describe('conditions', () => {
  it.each(['Ready', 'Reconciling', 'Stalled'] as const)(
    'of a standing that is %s are True for it alone',
    (type) => {
      const conditions = conditionsOf({ ...STABLE, type }, { generation: 1, now: NOW, prior: undefined })
      expect(conditions.map((one) => one.type)).toEqual(['Ready', 'Reconciling', 'Stalled'])
      expect(conditions.filter((one) => one.status === 'True').map((one) => one.type)).toEqual([type])
      expect(conditions.every((one) => one.lastTransitionTime === NOW && one.observedGeneration === 1)).toBe(
        true,
      )
    },
  )

  it('change their time only with their status', () => {
    const before = conditionsOf(STABLE, { generation: 1, now: NOW, prior: undefined })
    const same = conditionsOf(
      { ...STABLE, message: 'other words' },
      { generation: 2, now: LATER, prior: before },
    )
    expect(same.map((one) => one.lastTransitionTime)).toEqual([NOW, NOW, NOW])
    const stalled = conditionsOf(INVALID, { generation: 2, now: LATER, prior: before })
    expect(stalled.map((one) => one.lastTransitionTime)).toEqual([LATER, NOW, LATER])
  })
})

describe('the status of a Rollout without a release', () => {
  it('says what users have, with all traffic on it', () => {
    const status = settledStatus({}, STABLE, { ...settling, stableVersion: 'v2' })
    expect(status).toMatchObject({
      observedGeneration: 3,
      stableVersion: 'v2',
      weight: { desired: 100 },
      message: 'users have v2',
    })
  })

  it('keeps what its last release said about it, as long as nothing else is wanted', () => {
    const settled = { ...settling, stableVersion: 'v2' }
    const why = settledStatus({}, { ...STABLE, message: 'users have v2: it was wanted again' }, settled)
    expect(settledStatus(why, STABLE, { ...settled, now: LATER })).toEqual(why)
    expect(settledStatus(why, STABLE, { ...settled, generation: 4 }).message).toBe('users have v2')
    expect(settledStatus(why, INVALID, settled).message).toBe(INVALID.message)
    const other = { ...STABLE, message: 'users have v3' }
    expect(settledStatus(why, other, { ...settled, stableVersion: 'v3' }).message).toBe('users have v3')
  })

  it('keeps all that it does not speak of', () => {
    const prior: RolloutStatus = {
      stableVersion: 'v1',
      history: [],
      workflow: { id: 'a', runId: 'b' },
      lastFailed: FAILURE,
    }
    expect(settledStatus(prior, INVALID, settling)).toMatchObject(prior)
  })

  it('forgets a failed release when another version is wanted', () => {
    const prior: RolloutStatus = { lastFailed: FAILURE }
    expect(settledStatus(prior, STABLE, { ...settling, version: 'v3' })).not.toHaveProperty('lastFailed')
    expect(settledStatus(prior, STABLE, { ...settling, version: undefined })).not.toHaveProperty('lastFailed')
  })

  it('is the same when it is written again', () => {
    const once = settledStatus({}, STABLE, settling)
    expect(settledStatus(once, STABLE, { ...settling, now: LATER })).toEqual(once)
  })
})

describe('the status of a Rollout whose wish was delivered', () => {
  const refused: Standing = { type: 'Stalled', reason: 'PreflightFailed', message: 'no such route' }
  const prior = (generation: number): RolloutStatus => ({
    observedGeneration: 2,
    release: {
      id: '',
      seq: 2,
      phase: 'Refused',
      version: 'v2',
      templateHash: 'a',
      step: 0,
      steps: 3,
      startedAt: NOW,
    },
    message: refused.message,
    conditions: conditionsOf(refused, { generation, now: NOW, prior: undefined }),
  })

  it('says Starting in place of what was said of an earlier one', () => {
    const status = deliveredStatus(prior(2), settling)
    expect(status).toMatchObject({ observedGeneration: 3, message: 'a release of v2 is about to start' })
    expect(status.conditions?.[1]).toMatchObject({ status: 'True', reason: 'Starting' })
  })

  it('keeps an answer that was faster', () => {
    expect(deliveredStatus(prior(3), settling)).toEqual({ ...prior(3), observedGeneration: 3 })
  })
})

describe('the status of a Rollout whose engine is away', () => {
  it('says so and leaves the release as it is', () => {
    const prior = { ...settledStatus({}, STABLE, settling), step: '2/4' }
    const status = unreachableStatus(prior, { ...settling, generation: 4, problem: 'ECONNREFUSED' })
    expect(status).toMatchObject({ step: '2/4', observedGeneration: 3, weight: prior.weight })
    expect(status.message).toBe('Temporal cannot be used (ECONNREFUSED); trying again')
  })

  it('says so no longer once it answers', () => {
    const release = {
      id: 'v2-a-3',
      seq: 8,
      phase: 'Retaining',
      version: 'v2',
      templateHash: 'a',
      startedAt: NOW,
    }
    const prior = { ...settledStatus({}, STABLE, settling), release: { ...release, step: 4, steps: 4 } }
    const away = unreachableStatus(prior, { ...settling, problem: 'ECONNREFUSED' })
    expect(deliveredStatus(away, settling).message).toBe('Temporal answers again; the release goes on')
    const idle = unreachableStatus(settledStatus({}, STABLE, settling), {
      ...settling,
      problem: 'ECONNREFUSED',
    })
    expect(deliveredStatus(idle, settling).message).toBe('a release of v2 is about to start')
  })
})
