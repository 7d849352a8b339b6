import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beginPlayback, cutShort, play } from '../../../src/core/analysis/replay.ts'
import type { Film, Playback } from '../../../src/core/analysis/replay.ts'
import { divided, divisionOf, twinVersions } from '../../../src/core/analysis/twins.ts'
import type { Plan } from '../../../src/core/plan.ts'
import { aPlan } from '../shop.ts'
import { cases } from '../property.ts'
import { readingsOfPods } from './pods.ts'
import type { RandomPod } from './pods.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const PLAN: Plan = {
  ...aPlan(),
  steps: [5, 20, 50, 100].map((weight) => ({ weight, holdMs: 5 * MINUTE })),
  intervalMs: 15_000,
  warmupMs: 30_000,
  patienceMs: 30 * MINUTE,
  falseRollback: 0.01,
  falsePromotion: 0.05,
  metrics: [
    {
      name: 'error-rate',
      istio: 'ErrorRate',
      max: '5%',
      vsStable: { tolerance: '0.1%', harmBudget: '0.25%' },
    },
  ],
}
const pod = (name: string, changes: Partial<RandomPod> = {}): RandomPod => ({
  pod: name,
  version: 'v1',
  perSecond: 20,
  errors: () => 0.001,
  ...changes,
})
const STABLE = ['a', 'b', 'c'].map((name) => pod(name))
const canary = (changes: Partial<RandomPod> = {}) => pod('x', { version: 'v2', fromMs: HOUR, ...changes })
const filmOf = (pods: readonly RandomPod[], gap?: readonly [number, number]): Film => {
  const readings = readingsOfPods(pods, 4 * HOUR, gap)
  return { readings: () => readings, versions: { canary: 'v2', stable: 'v1' } }
}
const watched = (film: Film, plan = PLAN, toMs = 4 * HOUR): Playback =>
  play(beginPlayback(plan, HOUR), plan, film, toMs)

describe('a replay', () => {
  test('of a good release passes all steps, none before its hold', () => {
    const playback = watched(filmOf([...STABLE, canary()]))
    expect(playback.ending).toBe('Passed')
    const starts = [HOUR, ...playback.passedMs]
    for (const [step, at] of playback.passedMs.entries())
      expect(at - (starts[step] ?? 0)).toBeGreaterThanOrEqual(5 * MINUTE)
    expect(playback.passedMs).toHaveLength(4)
  })

  test('of a bad release rolls it back, and knows why', () => {
    const playback = watched(filmOf([...STABLE, canary({ errors: () => 0.05 })]))
    expect([playback.ending, playback.step, playback.judgement?.cause]).toEqual([
      'RolledBack',
      0,
      'error-rate',
    ])
    expect((playback.endedMs ?? 0) - HOUR).toBeLessThan(5 * MINUTE)
  })

  test('of an incident that hits both versions blames nobody', () => {
    const errors = (at: number) => (at > HOUR + 3 * MINUTE && at < HOUR + 6 * MINUTE ? 0.03 : 0.001)
    const playback = watched(filmOf([...STABLE, canary()].map((one) => ({ ...one, errors }))))
    expect(playback.ending).toBe('Passed')
  })

  test('is undecided when patience ends', () => {
    const playback = watched(filmOf([...STABLE, canary({ perSecond: 0.07 })]))
    expect([playback.ending, playback.step]).toEqual(['Undecided', 0])
    expect((playback.endedMs ?? 0) - HOUR).toBeLessThan(36 * MINUTE)
    expect((playback.endedMs ?? 0) - HOUR).toBeGreaterThanOrEqual(35 * MINUTE)
  })

  test('ends with the requests', () => {
    const half = watched(filmOf([...STABLE, canary()]), PLAN, HOUR + 8 * MINUTE)
    expect(half.ending).toBeUndefined()
    const cut = cutShort(half, HOUR + 8 * MINUTE)
    expect([cut.ending, cut.step, cut.endedMs]).toEqual(['CutShort', 1, HOUR + 8 * MINUTE])
    const done = watched(filmOf([...STABLE, canary()]))
    expect(cutShort(done, 9 * HOUR)).toBe(done)
  })

  test('does not take what was counted before a gap of Prometheus for new', () => {
    const whole = watched(filmOf([...STABLE, canary()]))
    const gap = watched(filmOf([...STABLE, canary()], [HOUR + 2 * MINUTE, HOUR + 12 * MINUTE]))
    expect([whole.ending, gap.ending]).toEqual(['Passed', 'Passed'])
    const most = Math.max(...Object.values(gap.evidence.metrics).map(({ release }) => release.bad))
    expect(most).toBeLessThan(500)
  })

  test('in pieces is the same as at once', () => {
    const film = filmOf([...STABLE, canary({ errors: () => 0.004 })])
    const whole = watched(film)
    const piece = fc.integer({ min: MINUTE, max: 40 * MINUTE })
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        let [playback, at] = [beginPlayback(PLAN, HOUR), HOUR]
        for (const ms of pieces) playback = play(playback, PLAN, film, (at += ms))
        expect(play(playback, PLAN, film, 4 * HOUR)).toEqual(whole)
      }),
      cases(5),
    )
  })
})

describe('a version against itself', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const endingOf = (pods: readonly RandomPod[], turn: number) => {
    const all = readingsOfPods(pods, 4 * HOUR)
    const division = divisionOf(all, 'v1', turn)
    if (division === undefined) throw new Error('it cannot be divided')
    const steps = PLAN.steps.map(({ weight }) => divided(all, 'v1', division, weight))
    const film = { versions: twinVersions('v1'), readings: (step: number) => steps[step] ?? all }
    return play(beginPlayback(PLAN, HOUR), PLAN, film, 4 * HOUR).ending
  }

  test('passes, whichever pod goes first', () => {
    const pods = names.map((name) => pod(name))
    expect(names.map((_, turn) => endingOf(pods, turn))).toEqual(names.map(() => 'Passed'))
  })

  test('is rolled back where its twin is a pod that is broken', () => {
    const pods = names.map((name) => pod(name, name === 'c' ? { errors: () => 0.05 } : {}))
    expect(endingOf(pods, 2)).toBe('RolledBack')
  })
})
