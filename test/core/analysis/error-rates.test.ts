import { describe, expect, test } from 'vitest'
import { addLook, initialEvidence, judge } from '../../../src/core/analysis/limit.ts'
import type { LimitMetric, Verdict } from '../../../src/core/analysis/limit.ts'
import { binomial, seeded } from './random.ts'

/** Simulated releases through the real judge, looked at after every interval. Seeded: the figures are always the same. */

const METRICS: LimitMetric[] = [
  { name: 'error-rate', kind: 'ErrorRate', limit: 0.01, max: '1%' },
  { name: 'p99', kind: 'Latency', limit: 0.01, max: '500ms', percentile: 99 },
]
const STEPS = 4
const LOOKS_PER_STEP = 20

interface Ending {
  verdict: Verdict
  requests: number
}

/** One release in which each metric is bad at a constant rate; ends at Fail or after the last look. */
function simulate(random: () => number, perLook: number, rates: Record<string, number>): Ending {
  let evidence = initialEvidence(METRICS, STEPS)
  for (let look = 0; look < STEPS * LOOKS_PER_STEP; look++) {
    const counts = Object.fromEntries(
      METRICS.map(({ name }) => [name, { total: perLook, bad: binomial(random, perLook, rates[name] ?? 0) }]),
    )
    evidence = addLook(evidence, METRICS, counts, Math.floor(look / LOOKS_PER_STEP))
    if (judge(evidence, METRICS).verdict === 'Fail')
      return { verdict: 'Fail', requests: (look + 1) * perLook }
  }
  return { verdict: judge(evidence, METRICS).verdict, requests: STEPS * LOOKS_PER_STEP * perLook }
}

function simulateMany(runs: number, perLook: number, rates: Record<string, number>): Ending[] {
  const random = seeded(perLook)
  return Array.from({ length: runs }, () => simulate(random, perLook, rates))
}

const failShare = (endings: readonly Ending[]): number =>
  endings.filter((ending) => ending.verdict === 'Fail').length / endings.length

describe('a canary exactly at its limits', () => {
  test.each([5, 75, 500])('is rolled back in at most 1 % of releases, at %i requests a look', (perLook) => {
    expect(failShare(simulateMany(1000, perLook, { 'error-rate': 0.01, p99: 0.01 }))).toBeLessThanOrEqual(
      0.01,
    )
  })
})

describe('a good canary', () => {
  test('passes', () => {
    const endings = simulateMany(300, 75, { 'error-rate': 0.001, p99: 0.002 })
    expect(endings.every((ending) => ending.verdict === 'Pass')).toBe(true)
  })
})

describe('a bad canary', () => {
  test.each([
    [{ 'error-rate': 0.05, p99: 0 }, 75, 300],
    [{ 'error-rate': 0, p99: 0.1 }, 75, 150],
    [{ 'error-rate': 0.03, p99: 0 }, 75, 900],
    [{ 'error-rate': 0.5, p99: 0 }, 75, 75],
  ])(
    'at %j is always found, in half of the releases within %i × … requests (%i)',
    (rates, perLook, median) => {
      const endings = simulateMany(300, perLook, rates)
      expect(failShare(endings)).toBe(1)
      const requests = endings.map((ending) => ending.requests).sort((a, b) => a - b)
      expect(requests[150]).toBeLessThanOrEqual(median)
    },
  )
})
