import { describe, expect, it } from 'vitest'
import { DEMO_CASES } from '../../../sandbox/demo/cases.ts'
import type { DemoCase } from '../../../sandbox/demo/cases.ts'
import { exitStatus, problemsOf } from '../../../sandbox/demo/judge.ts'
import type { CaseReport } from '../../../sandbox/demo/judge.ts'
import { found, seenOf } from './seen.ts'

const [good, bad, , killed] = DEMO_CASES.map((demo) => demo) as [DemoCase, DemoCase, DemoCase, DemoCase]

it.each(DEMO_CASES.map((demo) => [demo.id, demo] as const))(
  'case %s has no problem when all is as expected',
  (_, demo) => {
    expect(problemsOf(demo, seenOf(demo))).toEqual([])
  },
)

describe('a case names', () => {
  it('a release that left out weights', () => {
    expect(problemsOf(good, { ...seenOf(good), weights: [5, 100] })).toEqual([
      'weights of the canary: expected 5, 20, 50, 100 %, seen 5, 100 %',
    ])
  })

  it('a bad version that got more than its first weight', () => {
    expect(problemsOf(bad, { ...seenOf(bad), weights: [5, 20] })).toEqual([
      'weights of the canary: expected 5 %, seen 5, 20 %',
    ])
  })

  it('a bad version that never got a weight', () => {
    expect(problemsOf(bad, { ...seenOf(bad), weights: [] })).toEqual([
      'weights of the canary: expected 5 %, seen no weight',
    ])
  })

  it('a worker that was to be killed and lived', () => {
    const { killedAt: _, ...seen } = seenOf(killed)
    expect(problemsOf(killed, seen)).toEqual(['worker killed at: expected 20 %, seen no weight'])
  })

  it('a single error that is not the app’s', () => {
    expect(problemsOf(good, { ...seenOf(good), foreignErrors: 1 })).toEqual([
      "errors that are not the app's: expected 0, seen 1",
    ])
  })

  it('pods of the old version that are still there, and pods of the new one that are not', () => {
    expect(problemsOf(good, { ...seenOf(good), pods: { users: 1, gone: 2 } })).toEqual([
      'ready pods of v2: expected 2, seen 1',
      'pods of v1: expected 0, seen 2',
    ])
  })

  it('what was left behind in the mesh', () => {
    const remains = ['the rule has the subsets v1, v2']
    expect(problemsOf(good, { ...seenOf(good), remains })).toEqual(remains)
  })

  it('another result than the expected one', () => {
    const problems = problemsOf(good, seenOf(bad))
    expect(problems).toContain('status.history[0]: expected v1 → v2 Promoted, seen v2 → v3 RolledBack')
  })
})

describe('the exit status', () => {
  const stale = { listed: 'shop  details', told: 'a fault', seconds: 1, problems: [] }
  const asExpected = DEMO_CASES.map((demo): CaseReport => {
    return { demo, seen: seenOf(demo), seconds: 1, problems: [] }
  })

  it('is 0 when every case ended as expected', () => {
    expect(exitStatus(DEMO_CASES, { releases: asExpected, stale })).toBe(0)
  })

  it.each(DEMO_CASES.map(({ id }, index) => [id, index] as const))(
    'is 1 when case %s alone has a problem',
    (_, index) => {
      const reports = asExpected.with(index, { ...found(asExpected[index]), problems: ['a problem'] })
      expect(exitStatus(DEMO_CASES, { releases: reports, stale })).toBe(1)
    },
  )

  it('is 1 when a case was not played', () => {
    expect(exitStatus(DEMO_CASES, { releases: asExpected.slice(1), stale })).toBe(1)
  })

  it('is 1 when the stale fault was not found', () => {
    const lost = { ...stale, problems: ['a problem'] }
    expect(exitStatus(DEMO_CASES, { releases: asExpected, stale: lost })).toBe(1)
  })
})
