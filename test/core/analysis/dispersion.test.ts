import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dispersionOf, estimate } from '../../../src/core/analysis/dispersion.ts'
import type { Blocks } from '../../../src/core/analysis/dispersion.ts'
import { binomial, seeded } from './random.ts'
import { distance, vectors } from './vectors.ts'

const PODS = 4
const MINUTES = 60

/** An hour of pods that each answer so many requests a minute, bad ones as `rate` says of pod and minute. */
function hour(perMinute: number, rate: (pod: number, minute: number) => number, seed = 1): Blocks {
  const random = seeded(seed)
  return Array.from({ length: MINUTES }, (_, minute) =>
    Array.from({ length: PODS }, (__, pod) => ({
      total: perMinute,
      bad: binomial(random, perMinute, rate(pod, minute)),
    })),
  )
}

describe('dispersion', () => {
  test.each(vectors.dispersion)('agrees with the vector $id', ({ blocks, phi }) => {
    const pods = blocks.map((block) => block.map(([total, bad]) => ({ total, bad })))
    expect(distance(estimate(pods), phi)).toBeLessThanOrEqual(1)
  })

  test('of independent requests is near 1', () => {
    const { phi, isMeasured } = dispersionOf(hour(300, () => 0.01))
    expect(isMeasured).toBe(true)
    expect(phi).toBeLessThan(1.5)
  })

  test('does not rise by what all pods have in common', () => {
    const incident = (_: number, minute: number) => (minute % 20 === 0 ? 0.2 : 0.01)
    expect(dispersionOf(hour(300, incident)).phi).toBeLessThan(1.5)
  })

  test('rises when single pods fail for a minute', () => {
    const bursts = (pod: number, minute: number) => (minute % PODS === pod ? 0.05 : 0.002)
    expect(dispersionOf(hour(300, bursts)).phi).toBeGreaterThan(4)
  })

  test('rises more when bursts last for five minutes', () => {
    const long = (pod: number, minute: number) => (Math.floor(minute / 5) % PODS === pod ? 0.05 : 0.002)
    const blocks = hour(300, long)
    expect(dispersionOf(blocks).phi).toBeGreaterThan(2 * estimate(blocks))
  })

  test.each([
    ['one pod', hour(300, () => 0.01).map((block) => block.slice(0, 1))],
    ['hardly any bad request', hour(300, () => 0.0001)],
    ['no request', []],
  ])('is assumed where there is %s', (_, blocks) => {
    expect(dispersionOf(blocks)).toMatchObject({ isMeasured: false })
    expect(dispersionOf(blocks).phi).toBeGreaterThanOrEqual(1.5)
  })

  test('is never below 1, and a number', () => {
    const pod = fc
      .nat({ max: 1000 })
      .chain((total) => fc.record({ total: fc.constant(total), bad: fc.nat({ max: total }) }))
    fc.assert(
      fc.property(fc.array(fc.array(pod, { maxLength: 5 }), { maxLength: 20 }), (blocks) => {
        const { phi } = dispersionOf(blocks)
        expect(phi).toBeGreaterThanOrEqual(1)
        expect(Number.isFinite(phi)).toBe(true)
      }),
    )
  })
})
