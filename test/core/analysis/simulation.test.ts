import { describe, expect, test } from 'vitest'
import {
  HOUR_LOOKS,
  detections,
  falseRollbacks,
  finalHarms,
  lateDetections,
  passes,
  rollouts,
} from '../../../bench/analysis/simulation/experiments.ts'
import type { Detection, Ending, Size } from '../../../bench/analysis/simulation/experiments.ts'
import { latencySetup } from '../../../bench/analysis/simulation/latencies.ts'
import {
  BASE,
  BURSTY,
  CALM,
  ERRORS,
  LATENCY,
  STRICT,
  errorsOf,
} from '../../../bench/analysis/simulation/scenarios.ts'
import { WEIGHTS } from '../../../bench/analysis/simulation/release.ts'
import { fewestClean, fewestErrors, verdictOnSilence } from '../../../bench/analysis/simulation/smallest.ts'
import { steadyForecasts } from '../../../bench/analysis/simulation/steady.ts'
import { unacceptableAt } from '../../../bench/analysis/tables/false-promotions.ts'
import { breaks } from '../../../bench/analysis/tables/part.ts'
import { leastRequests } from '../../../src/core/analysis/least-requests.ts'
import { paramsOf } from '../../../src/core/analysis/processes.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'

/**
 * Simulated releases through the real analysis: a small part of `npm run bench -- analysis`, seeded, so that figures are
 * always the same. Bounds have room for three deviations of chance.
 */

const size = (runs: number): Size => ({ runs, seed: 7 })
const scenarioOf = (all: typeof CALM, name: string) => {
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no scenario "${name}"`)
  return found.scenario
}
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
const { alpha, beta } = DEFAULT_LEVELS
const tolerated = (share: number): number => {
  const { relativeTolerance = NaN, tolerance = NaN } = LATENCY.vsStable ?? {}
  return share * (1 + relativeTolerance) + tolerance
}

describe('a canary no worse than stable is rolled back in at most 1 % of releases, over an hour of looks', () => {
  test.each(['1 rps', '100 rps', '1000 rps', '100 rps, incidents of both: 2 % of minutes at 5 %'])(
    '%s',
    (name) => {
      const { rolledBack, runs } = falseRollbacks(
        { measure: STRICT, scenario: scenarioOf(CALM, name) },
        size(50),
      )
      expect(breaks(rolledBack, runs, alpha)).toBe(false)
    },
  )

  test.each(['1000 rps, pods φ = 4', '100 rps, pods φ = 2, bursts of 5 min', '1000 rps, pods φ = 8'])(
    '%s',
    (name) => {
      const { rolledBack, runs, phi } = falseRollbacks(
        { measure: STRICT, scenario: scenarioOf(BURSTY, name) },
        size(50),
      )
      expect(breaks(rolledBack, runs, alpha)).toBe(false)
      expect(phi).toBeGreaterThan(4)
    },
  )

  test('nor one that is worse by just the tolerance', () => {
    const scenario = errorsOf(BASE + (ERRORS.vsStable?.tolerance ?? NaN), { rps: 1000 })
    const { rolledBack, runs } = falseRollbacks({ measure: ERRORS, scenario, phi: 1 }, size(100))
    expect(breaks(rolledBack, runs, alpha)).toBe(false)
  })

  test('nor one as slow as stable', () => {
    const runs = detections((random) => latencySetup(random, 1000, { factor: 1, hanging: 0 }), size(100))
    expect(breaks(found(runs).length, runs.length, alpha)).toBe(false)
  })

  test('nor one as slow as is tolerated, at each of the boundaries', () => {
    const shares = [0.2, 0.009, 0.0002]
    const canary = shares.map(tolerated)
    const scenario = { ...errorsOf(BASE, { rps: 1000 }), stable: shares, canary }
    const setup = { measure: LATENCY, scenario, boundaries: [100, 250, 500], phi: 1 }
    const { rolledBack, runs } = falseRollbacks(setup, size(100))
    expect(breaks(rolledBack, runs, alpha)).toBe(false)
  })
})

test.each([
  [[0.02, 0.01, 0.002], 1],
  [[0.02, 0.0199, 0.0198], 4],
])(
  'evidence against a canary worse by just what is tolerated is 1 on average at most: %j',
  (shares, looks) => {
    const scenario = { ...errorsOf(BASE), stable: shares, canary: shares.map(tolerated) }
    const logs = finalHarms(
      { measure: LATENCY, scenario, boundaries: [100, 250, 500], phi: 1 },
      size(4000),
      looks,
    )
    const mean = logs.reduce((sum, log) => sum + Math.exp(log), 0) / logs.length
    expect(mean).toBeLessThanOrEqual(1.03)
    expect(mean).toBeGreaterThan(0.7)
  },
)

const found = (runs: readonly Detection[]) => runs.filter(({ seconds }) => seconds < Infinity)

describe('a bad canary at 5 % is found', () => {
  test('with 1 % errors against 0.1 %: always, at the median within 900 requests if errors are known to be independent', () => {
    const runs = detections({ measure: ERRORS, scenario: errorsOf(0.01), phi: 1 }, size(300))
    expect(found(runs)).toHaveLength(300)
    expect(median(runs.map(({ requests }) => requests))).toBeLessThanOrEqual(1000)
    expect(runs.filter(({ requests }) => requests > 3000).length).toBeLessThanOrEqual(7)
  })

  test('with 1 % errors against 0.1 %: with a third more requests if that is measured', () => {
    const runs = detections({ measure: ERRORS, scenario: errorsOf(0.01) }, size(300))
    expect(found(runs)).toHaveLength(300)
    expect(median(runs.map(({ requests }) => requests))).toBeLessThanOrEqual(1200)
  })

  // A step keeps capital for its later looks. Most of that of the first look has been lost in an hour.
  test('within a minute if 5 % begin to fail after an hour at the first weight', () => {
    const scenario = errorsOf(0.05, { goodLooks: HOUR_LOOKS })
    const seconds = lateDetections({ measure: ERRORS, scenario, phi: 1 }, size(100))
    expect(median(seconds)).toBeLessThanOrEqual(60)
  })

  test.each([0.5, 0.8, 1])('at the first look if a share of %d of its requests fails', (rate) => {
    const runs = detections({ measure: ERRORS, scenario: errorsOf(rate) }, size(100))
    expect(new Set(runs.map(({ seconds }) => seconds))).toEqual(new Set([15]))
  })

  test.each([
    ['1.2 times as slow', { factor: 1.2, hanging: 0 }, 240],
    ['1.5 times as slow', { factor: 1.5, hanging: 0 }, 45],
    ['twice as slow', { factor: 2, hanging: 0 }, 15],
    ['hanging for 3 s in 2 % of requests', { factor: 1, hanging: 0.02 }, 75],
  ])('when %s', (_, slowness, seconds) => {
    const runs = detections((random) => latencySetup(random, 100, slowness), size(100))
    expect(found(runs)).toHaveLength(100)
    expect(median(runs.map((run) => run.seconds))).toBeLessThanOrEqual(seconds)
  })
})

const endsOf = (ends: readonly Ending[], end: Ending['end']) => ends.filter((one) => one.end === end)

describe('a whole release', () => {
  test.each([
    [100, 5.5],
    [1000, 1.25],
  ])('of a good canary is promoted at %d rps, at the median within %d min', (rps, minutes) => {
    const ends = rollouts({ measure: ERRORS, scenario: errorsOf(BASE, { rps }) }, size(150))
    expect(endsOf(ends, 'promoted').length).toBeGreaterThanOrEqual(148)
    expect(median(ends.map(({ seconds }) => seconds / 60))).toBeLessThanOrEqual(minutes)
  })

  test.each([
    [10, 0.005],
    [10, 0.02],
    [100, 0.005],
    [100, 0.01],
    [1000, 0.005],
  ])('of a bad canary is never promoted: %d rps, a share of %d fails', (rps, rate) => {
    const ends = rollouts({ measure: ERRORS, scenario: errorsOf(rate, { rps }) }, size(rps === 10 ? 60 : 150))
    expect(endsOf(ends, 'promoted')).toEqual([])
    expect(endsOf(ends, 'held').filter(({ isExplained }) => !isExplained)).toEqual([])
  })
})

describe('a canary that is just unacceptable at a step passes it in at most 5 % of releases', () => {
  test.each([
    [0, 10],
    [1, 100],
    [2, 1000],
  ])('step %i, %d rps', (step, rps) => {
    const scenario = errorsOf(BASE + unacceptableAt(step), { rps })
    const passed = passes({ measure: ERRORS, scenario, step, phi: 1 }, size(100))
    expect(breaks(passed, 200, beta)).toBe(false)
  })

  test.each([0, 1])('step %i, pods with φ = 4', (step) => {
    const noise = { kind: 'bursts', phi: 4, minutes: 1 } as const
    const scenario = errorsOf(BASE + unacceptableAt(step), { noise })
    const passed = passes({ measure: ERRORS, scenario, step }, size(100))
    expect(breaks(passed, 100, beta)).toBe(false)
  })
})

test('a canary that is unacceptable at one boundary alone passes in at most 5 % of releases', () => {
  const shares = [0.2, 0.009, 0.0002]
  const { rho = NaN, delta = NaN } =
    paramsOf(LATENCY, 'pass', { step: 0, weights: WEIGHTS }, { phi: 1 }) ?? {}
  const canary = shares.map((share, cut) => (cut === 0 ? share * rho + delta : share))
  const scenario = { ...errorsOf(BASE), stable: shares, canary }
  const passed = passes({ measure: LATENCY, scenario, boundaries: [100, 250, 500], phi: 1 }, size(100))
  expect(breaks(passed, 100, beta)).toBe(false)
})

describe('the least that decides', () => {
  test.each([
    [0, 3, 350],
    [1, 5, 850],
    [2, 11, 1650],
  ])('at step %i: %i errors, %i clean requests, and silence is neither', (step, errors, clean) => {
    const fewest = Math.min(...[1, 2, 5, 100].map((perLook) => fewestErrors(step, perLook)))
    expect(fewest).toBeGreaterThanOrEqual(errors)
    expect(fewest).toBeLessThanOrEqual(errors + 1)
    const least = fewestClean(step)
    expect(least).toBeGreaterThanOrEqual(Math.max(clean, leastRequests(unacceptableAt(step), beta)))
    expect(least).toBeLessThanOrEqual(clean * 1.2)
    expect(verdictOnSilence(step)).toBe('NoData')
  })
})

describe('what is said to be missing until a pass', () => {
  test.each([
    [0, 10],
    [1, 10],
    [2, 100],
  ])('is within 30 percent of what is, if rates hold: step %i, %d rps', (step, rps) => {
    const ratios = steadyForecasts({ step, rps, stable: BASE, canary: BASE, phi: 1.1 })
    expect(ratios.length).toBeGreaterThan(3)
    for (const ratio of ratios) {
      expect(ratio).toBeGreaterThanOrEqual(0.7)
      expect(ratio).toBeLessThanOrEqual(1.3)
    }
  })
})
