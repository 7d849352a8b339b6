import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  FAIL_GRID,
  GAMMA,
  PASS_GRID,
  initialEProcess,
  logE,
  updateEProcess,
} from '../../../src/core/analysis/eprocess.ts'
import type { EProcessParams } from '../../../src/core/analysis/eprocess.ts'
import { leastRequests, requestsUntil } from '../../../src/core/analysis/least-requests.ts'

const params = (delta: number, grid: readonly number[], weight: number): EProcessParams => {
  return { rho: 0, delta, phi: 1, gamma: GAMMA, grid, weight }
}
const afterLook = (nCanary: number, xCanary: number, by: EProcessParams): number =>
  logE(updateEProcess(initialEProcess(), { nStable: 0, xStable: 0, nCanary, xCanary }, by))

const limits = fc.double({ min: 0.0001, max: 1, noNaN: true })
const betas = fc.double({ min: 0.0001, max: 0.5, noNaN: true })

describe('the error-free minimum', () => {
  test.each([
    [0.0125, 350],
    [0.01, 440],
    [0.005, 870],
    [0.001, 4330],
  ])('of a limit of %f is about %i requests', (limit, about) => {
    expect(Math.abs(leastRequests(limit, 0.05) - about) / about).toBeLessThan(0.02)
  })

  test('is exactly where the pass process reaches ln(1/β), and not one request sooner', () => {
    fc.assert(
      fc.property(limits, betas, (limit, beta) => {
        const least = leastRequests(limit, beta)
        const by = params(limit, PASS_GRID, 1)
        expect(afterLook(least, 0, by)).toBeGreaterThanOrEqual(Math.log(1 / beta))
        expect(afterLook(least - 1, 0, by)).toBeLessThan(Math.log(1 / beta))
      }),
    )
  })

  test('grows as the limit or the chance of error shrinks', () => {
    fc.assert(
      fc.property(limits, betas, (limit, beta) => {
        expect(leastRequests(limit / 2, beta)).toBeGreaterThanOrEqual(leastRequests(limit, beta))
        expect(leastRequests(limit, beta / 2)).toBeGreaterThanOrEqual(leastRequests(limit, beta))
      }),
    )
  })

  test.each([0, 5e-324, -1])('of a limit of %f is out of reach', (limit) => {
    expect(leastRequests(limit, 0.05)).toBe(Infinity)
  })
})

const alone = (canary: number) => ({ canary, stable: 0, stablePerCanary: 0 })

describe('the forecast of a failure', () => {
  test('is the number of requests that takes the process to its threshold, and not one fewer', () => {
    const by = params(0.01, FAIL_GRID, 0.5)
    fc.assert(
      fc.property(fc.double({ min: 0.02, max: 1, noNaN: true }), (rate) => {
        const more = requestsUntil(initialEProcess(), alone(rate), by, Math.log(100)) ?? NaN
        expect(afterLook(more, more * rate, by)).toBeGreaterThanOrEqual(Math.log(100))
        expect(afterLook(more - 1, (more - 1) * rate, by)).toBeLessThan(Math.log(100))
      }),
    )
  })

  test('is absent when the rate is within the limit, or too near to it', () => {
    const by = params(0.01, FAIL_GRID, 0.5)
    for (const rate of [0, 0.005, 0.01, 0.0101]) {
      expect(requestsUntil(initialEProcess(), alone(rate), by, Math.log(100))).toBeUndefined()
    }
  })
})
