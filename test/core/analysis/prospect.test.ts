import { describe, expect, test } from 'vitest'
import type { Habits } from '../../../src/core/analysis/habits.ts'
import { measuresOf } from '../../../src/core/analysis/measures.ts'
import { isTooSlow, largerFirstWeight, prospectOf } from '../../../src/core/analysis/prospect.ts'
import type { MeasureProspect } from '../../../src/core/analysis/prospect.ts'
import type { Plan } from '../../../src/core/plan.ts'
import { aPlan } from '../shop.ts'

const MINUTE = 60_000
const PLAN: Plan = {
  ...aPlan(),
  steps: [5, 20, 50, 100].map((weight) => ({ weight, holdMs: 5 * MINUTE })),
  intervalMs: 15_000,
  warmupMs: 30_000,
  patienceMs: 30 * MINUTE,
  falseRollback: 0.01,
  metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%', vsStable: {} }],
}

/** A service with so many requests a second, of which a share is bad. */
function habits(perSecond: number, share = 0.001, plan = PLAN): Habits {
  const rate = (factor: number) => ({ perSecond: perSecond * factor, fromMs: 0 })
  return {
    outlooks: measuresOf(plan.metrics).map((measure) => ({
      measure,
      sides: [{ reporter: 'Source', part: 1, cuts: [{ share, phi: 1.5 }] }],
    })),
    usual: rate(1),
    quietest: rate(0.1),
    busiest: rate(10),
    pods: 2,
    buckets: [],
    knownMs: 24 * 60 * MINUTE,
  }
}

/** What the first step can do. */
function firstOf(perSecond: number): Required<MeasureProspect> {
  const none = { share: 1, afterMs: Infinity }
  const least = {
    metric: '',
    usualShare: 0,
    needs: 0,
    smallestFound: 1,
    example: none,
    deadAfterMs: Infinity,
  }
  return { ...least, ...prospectOf(PLAN, habits(perSecond)).steps[0]?.measures[0] }
}

describe('what a release will be like', () => {
  test('is hold after hold with much traffic', () => {
    const { steps, total } = prospectOf(PLAN, habits(1000))
    expect(steps.map(({ times }) => times.usual)).toEqual([5, 5, 5, 5].map((minutes) => minutes * MINUTE))
    expect(total.usual).toBe(20 * MINUTE)
    expect(steps.some(isTooSlow)).toBe(false)
  })

  test('takes longer with less, and never ends without', () => {
    const { steps } = prospectOf(PLAN, habits(10))
    const [first] = steps
    if (first === undefined) throw new Error('there is no step')
    const { usual, quietest, busiest } = first.times
    expect(usual).toBeGreaterThan(busiest)
    expect(quietest).toBeGreaterThan(9 * usual)
    expect(prospectOf(PLAN, habits(0)).total.usual).toBe(Infinity)
  })

  test('needs more requests the more the next step may harm', () => {
    const needs = prospectOf(PLAN, habits(100)).steps.map((step) => step.needs?.requests ?? 0)
    const [a = 0, b = 0, c = 0] = needs
    expect(a).toBeLessThan(b)
    expect(b).toBeLessThan(c)
  })

  test('says what is found in the time of a step, and how soon', () => {
    const found = firstOf(100)
    expect(found.smallestFound).toBeGreaterThan(0.002)
    expect(found.smallestFound).toBeLessThan(0.01)
    expect(found.example.share).toBeGreaterThan(found.smallestFound)
    expect(found.example.afterMs).toBeLessThan(35 * MINUTE)
    expect(found.deadAfterMs).toBe(60_000)
    expect(firstOf(2).smallestFound).toBeGreaterThan(found.smallestFound)
  })

  test('has steps that never pass where stable is above a limit that stands alone', () => {
    const plan: Plan = { ...PLAN, metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '1%' }] }
    const { steps } = prospectOf(plan, habits(100, 0.02, plan))
    expect(steps.every((step) => step.needs === undefined && isTooSlow(step))).toBe(true)
  })
})

describe('a larger first weight', () => {
  test('is offered where the traffic is too small, and is enough', () => {
    const few = habits(3)
    expect(isTooSlow(prospectOf(PLAN, few).steps[0] ?? raise())).toBe(true)
    const weight = largerFirstWeight(PLAN, few)
    expect(weight).toBeGreaterThan(5)
    expect(weight).toBeLessThan(20)
    const [first] = prospectOf(PLAN, few, [weight ?? 0, 20, 50, 100]).steps
    expect(isTooSlow(first ?? raise())).toBe(false)
  })

  test('is not offered where it is not needed, or would not help', () => {
    expect(largerFirstWeight(PLAN, habits(100))).toBeUndefined()
    expect(largerFirstWeight(PLAN, habits(0.1))).toBeUndefined()
  })
})

function raise(): never {
  throw new Error('there is no step')
}
