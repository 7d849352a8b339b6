import { describe, expect, test } from 'vitest'
import { addLook, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { Evidence } from '../../../src/core/analysis/evidence.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import type { Verdict } from '../../../src/core/analysis/verdict.ts'
import { at, looksAt, terms } from './looks.ts'
import { binomial, seeded } from './random.ts'

/** Simulated releases through the real judge, looked at after every interval. Seeded: the figures are always the same. */

const METRICS: Measure[] = [
  { name: 'error-rate', kind: 'ErrorRate', limit: 0.01, max: '1%' },
  { name: 'p99', kind: 'Latency', limit: 0.01, max: '500ms', percentile: 99 },
]
const STEPS = 4
const LOOKS_PER_STEP = 20

/** The evidence after each look of one release in which each metric is bad at a constant rate. */
function* simulate(
  random: () => number,
  perLook: number,
  rates: Record<string, number>,
): Generator<Evidence> {
  let evidence = initialEvidence(METRICS, STEPS)
  for (let look = 0; look < STEPS * LOOKS_PER_STEP; look++) {
    const counts = Object.fromEntries(
      METRICS.map(({ name }) => [name, { total: perLook, bad: binomial(random, perLook, rates[name] ?? 0) }]),
    )
    evidence = addLook(evidence, METRICS, looksAt(METRICS, counts), at(Math.floor(look / LOOKS_PER_STEP)))
    yield evidence
  }
}

/** The verdicts at the end of many releases. Fail is sticky, so they tell of every look. */
function lastVerdicts(runs: number, perLook: number, rates: Record<string, number>): Verdict[] {
  const random = seeded(perLook)
  return Array.from({ length: runs }, () => {
    const last = [...simulate(random, perLook, rates)].at(-1) ?? initialEvidence(METRICS, STEPS)
    return judge(last, METRICS, terms()).verdict
  })
}

/** Requests until Fail of many releases, in rising order; Infinity for those that were never found out. */
function requestsToFail(runs: number, perLook: number, rates: Record<string, number>): number[] {
  const random = seeded(perLook)
  return Array.from({ length: runs }, () => {
    let looks = 0
    for (const evidence of simulate(random, perLook, rates)) {
      looks += 1
      if (judge(evidence, METRICS, terms()).verdict === 'Fail') return looks * perLook
    }
    return Infinity
  }).sort((a, b) => a - b)
}

describe('a canary exactly at its limits', () => {
  test.each([5, 75, 500])('is rolled back in at most 1 % of releases, at %i requests a look', (perLook) => {
    const verdicts = lastVerdicts(1000, perLook, { 'error-rate': 0.01, p99: 0.01 })
    expect(verdicts.filter((verdict) => verdict === 'Fail').length).toBeLessThanOrEqual(10)
  })
})

describe('a good canary', () => {
  test('passes', () => {
    const verdicts = lastVerdicts(300, 75, { 'error-rate': 0.001, p99: 0.002 })
    expect(new Set(verdicts)).toEqual(new Set(['Pass']))
  })
})

describe('a bad canary', () => {
  test.each([
    [{ 'error-rate': 0.5, p99: 0 }, 75],
    [{ 'error-rate': 0, p99: 0.1 }, 150],
    [{ 'error-rate': 0.05, p99: 0 }, 375],
    [{ 'error-rate': 0.03, p99: 0 }, 1050],
  ])('with bad shares of %j is always found, in half of the releases within %i requests', (rates, median) => {
    const requests = requestsToFail(300, 75, rates)
    expect(requests.at(-1)).toBeLessThan(Infinity)
    expect(requests[150]).toBeLessThanOrEqual(median)
  })
})
