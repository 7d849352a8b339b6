import { describe, expect, it } from 'vitest'
import { DEMO_CASES } from '../../sandbox/demo/cases.ts'
import { runDemo } from '../../sandbox/demo/demo.ts'
import type { Audience } from '../../sandbox/demo/demo.ts'
import { exitStatus } from '../../sandbox/demo/judge.ts'
import { Shop } from '../../sandbox/kit/shop.ts'
import type { ShownRollout } from '../../sandbox/kit/shop.ts'
import { rolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { marksOf } from '../../src/core/traffic/mark.ts'
import { kstatusOf } from './kstatus.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

/** Requests a second; well above the 200 at which no release may cause an error of its own. */
const RATE = 400
const NAMESPACE = `demo-${Date.now().toString(36)}`

/** Notes how Flux would have read the Rollout, in the order of the releases. */
function notingAudience(readings: Map<string, string[]>): Audience {
  let current: string[] = []
  return {
    say: () => {},
    begins: ({ id }) => {
      current = []
      readings.set(id, current)
    },
    shows: ({ rollout: { meta, status } }) => {
      const reading = kstatusOf({ metadata: meta, spec: {}, status } as unknown as ShownRollout)
      if (current.at(-1) !== reading) current.push(reading)
    },
    ended: () => {},
    beginsStale: () => {},
    endedStale: () => {},
  }
}

/** What nobody judges by its value must be there all the same, in the form that the schema asks for. */
function expectComplete(seen: RolloutStatus | undefined): void {
  const status = rolloutStatus.parse(seen)
  expect(status).toEqual(seen)
  expect(status.workflow).toBeDefined()
  expect(status.weight?.observedBy).toBe('EnvoyAdmin')
  for (const { value } of status.verdicts ?? []) expect(value).toMatch(/\d %/)
  const [last] = status.history!
  expect(last!.reason).not.toBe('')
  expect(Date.parse(last!.finishedAt)).toBeGreaterThan(Date.parse(last!.startedAt))
}

describe('the demo', () => {
  it('ends in every case as expected: clean, and without an error that is not the app’s', async () => {
    const env = workerSandbox()
    const readings = new Map<string, string[]>()
    const all = await runDemo(env, { namespace: NAMESPACE, rate: RATE }, notingAudience(readings))
    const { releases: reports, stale } = all
    expect(stale).toMatchObject({ problems: [], told: expect.stringContaining('set by kubectl-edit') })
    expect(stale.listed).toContain('kubectl-edit (foreign)')
    expect(reports.map(({ demo, problems }) => [demo.id, problems])).toEqual(
      DEMO_CASES.map(({ id }) => [id, []]),
    )
    expect(exitStatus(DEMO_CASES, all)).toBe(0)
    expect(reports.map(({ demo, seen }) => [demo.id, seen.killedAt])).toEqual([
      ['a', undefined],
      ['b', undefined],
      ['c', undefined],
      ['d', 20],
      ['e', undefined],
      ['f', undefined],
    ])
    expect(reports.map(({ seen }) => kstatusOf(seen.rollout))).toEqual([
      'Current',
      'Failed',
      'Failed',
      'Current',
      'Failed',
      'Current',
    ])
    for (const { seen } of reports) expectComplete(seen.rollout.status)
    expect(Object.fromEntries(readings)).toEqual({
      a: ['InProgress', 'Current'],
      b: ['InProgress', 'Failed'],
      c: ['InProgress', 'Failed'],
      d: ['InProgress', 'Current'],
      e: ['InProgress', 'Failed'],
      f: ['InProgress', 'Current'],
    })

    const shop = new Shop(env, NAMESPACE)
    const rollout = await shop.rollout()
    expect(rollout?.status).toMatchObject({
      stableVersion: 'v7',
      weight: { desired: 100 },
      release: { version: 'v7', phase: 'Done' },
      message: 'users have v7',
    })
    expect(rollout?.status?.history?.map(({ to, result }) => `${to} ${result}`)).toEqual([
      'v7 Promoted',
      'v6 RolledBack',
      'v5 Promoted',
      'v4 RolledBack',
      'v3 RolledBack',
      'v2 Promoted',
    ])
    const [mark] = marksOf(await shop.virtualService())
    expect(mark).toMatchObject({ stable: 'v7', rollout: `${NAMESPACE}/reviews` })
    expect(mark?.canary).toBeUndefined()
    await shop.close()
  }, 450_000)
})
