import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addLook, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import { requestsToFail, requestsToPass, smallestFound } from '../../../src/core/analysis/forecast.ts'
import type { Habit, Outlook } from '../../../src/core/analysis/forecast.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import { cases } from '../property.ts'
import { WEIGHTS, at, lookAt, terms } from './looks.ts'
import { binomial, seeded } from './random.ts'

const COMPARED: Measure = {
  name: 'error-rate',
  kind: 'ErrorRate',
  vsStable: { tolerance: 0.001, relativeTolerance: 0, harmBudget: 0.0025 },
}
const LIMITED: Measure = { name: 'error-rate', kind: 'ErrorRate', limit: 0.01, max: '1%' }

const outlook = (measure: Measure, share: number, habit: Partial<Habit> = {}): Outlook => ({
  measure,
  sides: [{ reporter: 'Source', part: 1, cuts: [{ share, phi: 1, ...habit }] }],
})
const under = (step: number, accusers = 1) => ({ course: at(step), levels: DEFAULT_LEVELS, accusers })

/** Looks that a decision is spread over at least: a longer look would decide about when, not about what. */
const LOOKS = 40
const RUNS = 41

/** Canary requests at which the real processes decide, in the middle of many releases of random requests. */
function median(
  measure: Measure,
  step: number,
  [stable, canary]: readonly [number, number],
  forecast: number,
) {
  const random = seeded(step + forecast)
  const perLook = Math.max(1, Math.ceil(forecast / LOOKS))
  const perCanary = (100 - (WEIGHTS[step] ?? 100)) / (WEIGHTS[step] ?? 100)
  const verdict = canary > stable ? 'Fail' : 'Pass'
  const decided = Array.from({ length: RUNS }, () => {
    let evidence = initialEvidence([measure], WEIGHTS.length)
    for (let look = 1; look <= 4 * LOOKS; look++) {
      const others = Math.round(perLook * perCanary)
      const seen = { total: perLook, bad: binomial(random, perLook, canary) }
      const beside = { total: others, bad: binomial(random, others, stable) }
      evidence = addLook(evidence, [measure], { [measure.name]: lookAt(measure, seen, beside) }, at(step))
      if (judge(evidence, [measure], terms()).verdict === verdict) return look * perLook
    }
    return Infinity
  })
  return decided.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Infinity
}

describe('a forecast', () => {
  test('of a pass is what the processes do with random requests, give or take 30 %', () => {
    const share = fc.double({ min: 0.0005, max: 0.01, noNaN: true })
    fc.assert(
      fc.property(share, fc.nat(2), (stable, step) => {
        const requests = requestsToPass(outlook(COMPARED, stable), under(step)) ?? Infinity
        const real = median(COMPARED, step, [stable, stable], requests)
        expect(real).toBeGreaterThan(0.7 * requests)
        expect(real).toBeLessThan(1.3 * requests)
      }),
      cases(4),
    )
  })

  test('of a failure is what the processes do with random requests, give or take 30 %', () => {
    const share = fc.double({ min: 0.0005, max: 0.005, noNaN: true })
    const extra = fc.double({ min: 0.005, max: 0.2, noNaN: true })
    fc.assert(
      fc.property(share, extra, fc.nat(2), (stable, more, step) => {
        const requests = requestsToFail(outlook(COMPARED, stable), more, under(step)) ?? Infinity
        const real = median(COMPARED, step, [stable, stable + more * (1 - stable)], requests)
        // Few bad requests decide: one more or less is much then.
        const chance = 2 / more
        expect(real).toBeGreaterThan(0.7 * requests - chance)
        expect(real).toBeLessThan(1.3 * requests + chance)
      }),
      cases(4),
    )
  })

  test('knows the figures of the documentation', () => {
    const needed = [0, 1, 2].map((step) => requestsToPass(outlook(COMPARED, 0), under(step)) ?? 0)
    for (const [index, about] of [350, 850, 1650].entries())
      expect(Math.abs((needed[index] ?? 0) / about - 1)).toBeLessThan(0.15)
    expect(requestsToFail(outlook(COMPARED, 0.001), 0.009, under(0))).toBeLessThan(1000)
  })

  test('of a limit alone is the error-free minimum, and at 100 % there is nothing else', () => {
    const alone = requestsToPass(outlook(LIMITED, 0.001), under(0))
    expect(alone).toBeGreaterThan(300)
    const both = { ...LIMITED, ...COMPARED, limit: 0.01, max: '1%' }
    expect(requestsToPass(outlook(both, 0.001), under(3))).toBe(alone)
    expect(requestsToPass(outlook(COMPARED, 0.001), under(3))).toBe(1)
  })

  test('says never where stable itself is above the limit', () => {
    expect(requestsToPass(outlook(LIMITED, 0.02), under(0))).toBeUndefined()
  })

  test('takes what retries hide from callers into account: both sides must pass', () => {
    const side = { part: 1, cuts: [{ share: 0.001, phi: 1 }] }
    const bursty = { ...side, cuts: [{ share: 0.001, phi: 3 }] }
    const two = {
      measure: COMPARED,
      sides: [
        { reporter: 'Source' as const, ...side },
        { reporter: 'Destination' as const, ...bursty },
      ],
    }
    const one = { measure: COMPARED, sides: [{ reporter: 'Destination' as const, ...bursty }] }
    expect(requestsToPass(two, under(0))).toBe(requestsToPass(one, under(0)))
  })

  test('asks for more where bad requests come in bursts, or a side sees a part only', () => {
    const usual = requestsToPass(outlook(COMPARED, 0.001), under(0)) ?? 0
    expect(requestsToPass(outlook(COMPARED, 0.001, { phi: 3 }), under(0))).toBeGreaterThan(2 * usual)
    const half = {
      measure: COMPARED,
      sides: [{ reporter: 'Source' as const, part: 0.5, cuts: [{ share: 0.001, phi: 1 }] }],
    }
    expect((requestsToPass(half, under(0)) ?? 0) / (2 * usual)).toBeCloseTo(1, 2)
  })

  test('of the smallest harm is found by just so many requests', () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 100_000 }), fc.nat(2), (requests, step) => {
        const usual = outlook(COMPARED, 0.001)
        const smallest = smallestFound(usual, requests, under(step, 2))
        if (smallest === undefined) return
        expect(requestsToFail(usual, smallest, under(step, 2))).toBeLessThanOrEqual(requests)
        expect(requestsToFail(usual, 0.98 * smallest, under(step, 2)) ?? Infinity).toBeGreaterThan(requests)
      }),
      cases(50),
    )
  })

  test('finds nothing in a handful of requests', () => {
    expect(smallestFound(outlook(COMPARED, 0.001), 2, under(2))).toBeUndefined()
    expect(smallestFound(outlook(COMPARED, 0.001), 0, under(0))).toBeUndefined()
  })
})
