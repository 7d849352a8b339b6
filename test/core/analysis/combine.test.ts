import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { combine } from '../../../src/core/analysis/combine.ts'
import { distance, vectors } from './vectors.ts'

const NEEDED = Math.log(1 / vectors.defaults.alpha)

describe('combined evidence of several metrics', () => {
  test.each(vectors.combined)('vector $id', ({ weights, logEFail, expected, verdicts }) => {
    for (const [index, logs] of logEFail.entries()) {
      const { logE } = combine(
        logs.map((value, at) => ({ name: `${at}`, logE: value, weight: weights[at] ?? NaN })),
      )
      expect(distance(logE, expected[index] ?? NaN)).toBeLessThanOrEqual(1)
      expect(logE >= NEEDED ? 'fail' : 'continue').toBe(verdicts[index])
    }
  })

  test('names the metric with the largest share, weight included', () => {
    const shares = [
      { name: 'heavy', logE: 4, weight: 0.9 },
      { name: 'light', logE: 5, weight: 0.1 },
    ]
    expect(combine(shares).cause).toBe('heavy')
  })

  test('without metrics there is no evidence', () => {
    expect(combine([])).toEqual({ logE: 0 })
  })

  test('lies between the weakest and the strongest metric', () => {
    const logs = fc.array(fc.double({ min: -2000, max: 2000, noNaN: true }), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(logs, (values) => {
        const { logE } = combine(
          values.map((value, at) => ({ name: `${at}`, logE: value, weight: 1 / values.length })),
        )
        expect(logE).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9)
        expect(logE).toBeLessThanOrEqual(Math.max(...values) + 1e-9)
      }),
    )
  })
})
