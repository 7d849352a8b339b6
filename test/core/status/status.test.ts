import { describe, expect, it } from 'vitest'
import type { HistoryEntry, RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { Phase, ReleaseState } from '../../../src/core/machine/state.ts'
import { statusOf } from '../../../src/core/status/status.ts'
import { START, aState, aWanted } from '../shop.ts'

const NOW = START + 60_000
const FAILED = {
  result: 'RolledBack',
  reason: 'MetricFailed',
  message: '14 of 300 failed',
  failed: true,
} as const
const BACK = { result: 'RolledBack', reason: 'ReturnedToStable', message: 'v1 again', failed: false } as const

function entry(to: string, startedAt: string): HistoryEntry {
  return { from: 'v1', to, result: 'Promoted', reason: 'good', startedAt, finishedAt: startedAt }
}

function write(state: ReleaseState, prior: RolloutStatus = {}): RolloutStatus {
  const status = statusOf(state, { prior, now: NOW })
  if (status === undefined) throw new Error('the status was fenced off')
  return status
}

function standing(status: RolloutStatus): string[] {
  return (status.conditions ?? [])
    .filter((one) => one.status === 'True')
    .map(({ type, reason }) => `${type} ${reason}`)
}

const ROWS: readonly [Phase, Partial<ReleaseState>, string][] = [
  ['Preflight', {}, 'Reconciling Checking'],
  ['Refused', { findings: [{ reason: 'RouteNotFound', message: 'no route' }] }, 'Stalled PreflightFailed'],
  ['Preparing', {}, 'Reconciling Preparing'],
  ['Raising', { step: 0 }, 'Reconciling Progressing'],
  ['Observing', { step: 0 }, 'Reconciling Progressing'],
  ['Observing', { step: 0, wanted: aWanted({ paused: true }) }, 'Reconciling Paused'],
  ['Promoting', {}, 'Reconciling Promoting'],
  ['Retaining', {}, 'Ready Promoted'],
  ['Retiring', {}, 'Ready Promoted'],
  ['Lowering', { ending: FAILED }, 'Reconciling RollingBack'],
  ['Cleaning', { ending: FAILED }, 'Reconciling RollingBack'],
  ['Forgetting', {}, 'Reconciling Deleting'],
  ['Done', {}, 'Ready Stable'],
  ['Done', { ending: FAILED }, 'Stalled RolledBack'],
  ['Done', { ending: BACK }, 'Ready Stable'],
]

describe('the status', () => {
  it.each(ROWS)('in %s (%j) has exactly one condition that is True: %s', (phase, changes, expected) => {
    const status = write(aState(phase, changes))
    expect(standing(status)).toEqual([expected])
    expect(status.conditions?.map(({ type }) => type)).toEqual(['Ready', 'Reconciling', 'Stalled'])
  })

  it('is not written by an action that is behind', () => {
    const prior = write(aState('Lowering', { ending: FAILED, seq: 12 }))
    expect(statusOf(aState('Raising', { step: 1, seq: 11 }), { prior, now: NOW })).toBeUndefined()
  })

  it('keeps the transition time of a condition that stays as it is', () => {
    const first = write(aState('Raising', { step: 0 }))
    const later = statusOf(aState('Observing', { step: 0, seq: 11 }), { prior: first, now: NOW + 5_000 })
    const times = (status: RolloutStatus | undefined) =>
      status?.conditions?.map((one) => one.lastTransitionTime)
    expect(times(later)).toEqual(times(first))
  })

  it('says no times in conditions, so that they do not change by themselves', () => {
    const observing = aState('Observing', { step: 0 })
    const messages = write(observing).conditions?.map(({ message }) => message)
    const later = statusOf(observing, { prior: write(observing), now: NOW + 99_000 })
    expect(later?.conditions?.map(({ message }) => message)).toEqual(messages)
  })

  it('keeps ten releases, newest first, and tells one once however often it is written', () => {
    const history = Array.from({ length: 10 }, (_, index) =>
      entry(`v${index}`, `2026-01-0${index % 9}T00:00:00Z`),
    )
    const done = aState('Done', { ended: entry('v2', '2026-02-01T00:00:00Z') })
    const once = write(done, { history })
    const twice = write(done, once)
    expect(twice.history).toHaveLength(10)
    expect(twice.history?.[0]?.to).toBe('v2')
    expect(twice.history).toEqual(once.history)
  })

  it('remembers a failed release until another version or template is wanted', () => {
    const ended = { ...entry('v2', '2026-02-01T00:00:00Z'), result: 'RolledBack' as const }
    const failed = write(aState('Done', { ending: FAILED, ended }))
    expect(failed.lastFailed).toMatchObject({
      version: 'v2',
      templateHash: 'template-1',
      reason: 'MetricFailed',
    })
    const again = write(aState('Preflight', { seq: 20 }), failed)
    expect(again.lastFailed).toEqual(failed.lastFailed)
    const other = aState('Preflight', { seq: 20, wanted: aWanted({ version: 'v3' }) })
    expect(write(other, failed).lastFailed).toBeUndefined()
    const mended = aState('Preflight', { seq: 20, wanted: aWanted({ templateHash: 'template-2' }) })
    expect(write(mended, failed).lastFailed).toBeUndefined()
  })

  it('names the version that users have: stable until the promotion, the canary after it', () => {
    expect(write(aState('Observing', { step: 2 })).stableVersion).toBe('v1')
    expect(write(aState('Promoting')).stableVersion).toBe('v1')
    expect(write(aState('Retaining')).stableVersion).toBe('v2')
    expect(write(aState('Done', { ending: FAILED })).stableVersion).toBe('v1')
  })

  it('shows what proxies were seen to do only for the weight that they were asked about', () => {
    const prior: RolloutStatus = { weight: { desired: 5, observed: 5, observedBy: 'EnvoyAdmin' } }
    expect(write(aState('Observing', { step: 0 }), prior).weight).toEqual(prior.weight)
    const raised = write(aState('Raising', { step: 1 }), prior).weight
    expect(raised).toEqual({ desired: 20, observedBy: 'EnvoyAdmin' })
  })

  it('shows no verdicts of another release', () => {
    const verdicts = [{ metric: 'error-rate', verdict: 'Fail', limit: '1%', evidence: 'much' }] as const
    for (const phase of ['Preflight', 'Refused', 'Preparing'] as const) {
      expect(write(aState(phase), { verdicts: [...verdicts] }).verdicts).toBeUndefined()
    }
    expect(write(aState('Cleaning', { ending: FAILED }), { verdicts: [...verdicts] }).verdicts).toEqual(
      verdicts,
    )
  })
})
