import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  FAIL_GRID,
  GAMMA,
  PASS_GRID,
  enterStep,
  initialEProcess,
  logE,
  stepCapital,
  updateEProcess,
} from '../../../src/core/analysis/eprocess.ts'
import type { EProcessParams, EProcessState } from '../../../src/core/analysis/eprocess.ts'
import { distance, vectors } from './vectors.ts'
import type { Params, SequentialCase } from './vectors.ts'

const FIXED: EProcessParams = { rho: 0, delta: 0.01, phi: 1, gamma: GAMMA, grid: FAIL_GRID, weight: 0.5 }

const ROUNDING = 1e-9

interface Outcome {
  logEFail: number
  logEPass: number
  verdict: string
}

/** Runs both processes over a case as a release would: the fail process goes on, the pass process begins anew. */
function replay(one: SequentialCase): Outcome[] {
  const params = { ...vectors.defaults, ...one.params }
  let fail = initialEProcess()
  let pass = initialEProcess()
  let current = 0
  let failed = false
  return one.looks.map(([step, nStable, xStable, nCanary, xCanary]) => {
    if (step !== current) {
      fail = enterStep(fail)
      pass = initialEProcess()
      current = step
    }
    const look = { nStable, xStable, nCanary, xCanary }
    fail = updateEProcess(fail, look, failParams(params, step))
    pass = updateEProcess(pass, look, passParams(params, step))
    const logs = { logEFail: logE(fail), logEPass: logE(pass) }
    failed ||= logs.logEFail >= Math.log(1 / params.alpha)
    return { ...logs, verdict: verdictOf(failed, logs.logEPass >= Math.log(1 / params.beta)) }
  })
}

function failParams(params: Params, step: number): EProcessParams {
  const { rhoFail: rho, deltaFail: delta, phi, gamma, failGrid: grid, steps } = params
  return { rho, delta, phi, gamma, grid, weight: stepCapital(step, steps) }
}

function passParams(params: Params, step: number): EProcessParams {
  const { rhoPass: rho, deltaPass, phi, gamma, passGrid: grid } = params
  const delta = Array.isArray(deltaPass) ? (deltaPass[step] ?? NaN) : deltaPass
  return { rho, delta, phi, gamma, grid, weight: 1 }
}

function verdictOf(failed: boolean, passed: boolean): string {
  if (failed) return 'fail'
  return passed ? 'pass' : 'continue'
}

describe('the vectors', () => {
  test('there are 30 sequential cases, with the default grids', () => {
    expect(vectors.cases).toHaveLength(30)
    expect(vectors.defaults.failGrid).toEqual(FAIL_GRID)
    expect(vectors.defaults.passGrid).toEqual(PASS_GRID)
    expect(vectors.defaults.gamma).toBe(GAMMA)
  })

  test.each(vectors.cases)('$id: $note', (one) => {
    const got = replay(one)
    expect(got.map((outcome) => outcome.verdict)).toEqual(one.verdicts)
    const last = got.at(-1)?.verdict
    expect(last === 'continue' ? 'inconclusive' : last).toBe(one.final)
    const distances = got.flatMap((outcome, index) => [
      distance(outcome.logEFail, one.logEFail[index] ?? NaN),
      distance(outcome.logEPass, one.logEPass[index] ?? NaN),
    ])
    expect(Math.max(...distances)).toBeLessThanOrEqual(1)
  })
})

describe('properties', () => {
  const look = fc.record({
    total: fc.integer({ min: 0, max: 5000 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const looks = fc
    .array(look, { minLength: 1, maxLength: 40 })
    .map((list) => list.map(({ total, share }) => ({ total, bad: Math.floor(total * share) })))

  const after = (state: EProcessState, total: number, bad: number, params = FIXED): EProcessState =>
    updateEProcess(state, { nStable: 0, xStable: 0, nCanary: total, xCanary: bad }, params)

  test('a state that went through JSON goes on as if it had not', () => {
    fc.assert(
      fc.property(looks, (list) => {
        let kept = initialEProcess()
        let stored = initialEProcess()
        for (const { total, bad } of list) {
          kept = after(kept, total, bad)
          stored = JSON.parse(JSON.stringify(after(stored, total, bad))) as EProcessState
        }
        expect(stored).toEqual(kept)
        expect(logE(stored)).toBe(logE(kept))
      }),
    )
  })

  test('one more bad request never weakens the evidence of harm, nor strengthens that of health', () => {
    const pass = { ...FIXED, grid: PASS_GRID, weight: 1 }
    fc.assert(
      fc.property(looks, fc.nat({ max: 39 }), (list, position) => {
        const at = position % list.length
        const worse = list.map((one, index) =>
          index === at && one.bad < one.total ? { ...one, bad: one.bad + 1 } : one,
        )
        const end = (from: typeof list, params: EProcessParams): number =>
          logE(from.reduce((state, one) => after(state, one.total, one.bad, params), initialEProcess()))
        expect(end(worse, FIXED)).toBeGreaterThanOrEqual(end(list, FIXED) - ROUNDING)
        expect(end(worse, pass)).toBeLessThanOrEqual(end(list, pass) + ROUNDING)
      }),
    )
  })

  test('a look without canary requests, or without stable ones to compare with, changes nothing', () => {
    fc.assert(
      fc.property(looks, (list) => {
        const state = list.reduce((known, one) => after(known, one.total, one.bad), initialEProcess())
        expect(after(state, 0, 0)).toBe(state)
        expect(after(state, 10, 1, { ...FIXED, rho: 1 })).toBe(state)
      }),
    )
  })

  test('never more capital than 1 is spent, even if a release returns to steps that it had left', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 60 }), (steps) => {
        let state = initialEProcess()
        for (const step of steps) {
          state = after(enterStep(state), 100, 1, { ...FIXED, weight: stepCapital(step, 4) })
        }
        expect(state.spent).toBeLessThanOrEqual(1)
        expect(logE(state)).not.toBeNaN()
      }),
    )
  })

  test('the capital of all steps is 1', () => {
    for (let steps = 1; steps <= 20; steps++) {
      const capitals = Array.from({ length: steps }, (_, step) => stepCapital(step, steps))
      expect(capitals.reduce((sum, capital) => sum + capital)).toBeCloseTo(1, 12)
    }
  })
})
