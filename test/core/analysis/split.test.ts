import { describe, expect, test } from 'vitest'
import { addLook, beginStep, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { at, terms } from './looks.ts'
import { binomial, seeded } from './random.ts'

const SPLIT: Measure = { name: 'split', kind: 'TrafficSplit' }

/** Looks at `requests` each, of which the canary got so many. */
function after(requests: number, canaries: readonly number[], step = 1) {
  return canaries.reduce(
    (known, canary) => {
      const total = { canary, stable: requests - canary }
      const look = { strands: [{ reporter: 'Source' as const, total, cuts: [] }] }
      return addLook(known, [SPLIT], { split: look }, at(step))
    },
    beginStep(initialEvidence([SPLIT], 4), step),
  )
}

const judged = (evidence: ReturnType<typeof after>) => judge(evidence, [SPLIT], terms())

describe('the split of the requests', () => {
  test.each([1, 2, 3])(
    'passes as the weights say, at every look of a step of long duration (seed %i)',
    (seed) => {
      const random = seeded(seed)
      const looks = Array.from({ length: 500 }, () => binomial(random, 300, 0.2))
      expect(judged(after(300, looks)).verdict).toBe('Pass')
    },
  )

  test.each([
    ['gets twice its share', 120],
    ['gets half of its share', 30],
    ['gets hardly anything', 1],
  ])('holds the step when the canary %s, and fails nobody', (_, canary) => {
    const { verdict, metrics } = judged(
      after(
        300,
        Array.from({ length: 20 }, () => canary),
      ),
    )
    expect(verdict).toBe('Unsure')
    expect(metrics[0]?.evidence).toMatch(/its weight is 20%; more than 25% off/)
  })

  test('says what was seen', () => {
    expect(judged(after(1000, [203])).metrics[0]?.evidence).toBe(
      'canary got 203 of 1,000 requests (20.30%), its weight is 20%',
    )
  })

  test('begins anew with each step', () => {
    const wrong = after(
      300,
      Array.from({ length: 20 }, () => 120),
    )
    expect(judged(beginStep(wrong, 2)).verdict).toBe('NoData')
  })

  test('takes nothing of the chance of a false alarm from other metrics', () => {
    const errors: Measure = { name: 'error-rate', kind: 'ErrorRate', limit: 0.01, max: '1%' }
    const look = {
      strands: [
        {
          reporter: 'Source' as const,
          total: { canary: 100, stable: 0 },
          cuts: [{ bad: { canary: 5, stable: 0 }, phi: 1 }],
        },
      ],
    }
    const peakWith = (measures: Measure[]) =>
      addLook(initialEvidence(measures, 4), measures, { 'error-rate': look }, at(0)).peak.logE
    expect(peakWith([errors, SPLIT])).toBe(peakWith([errors]))
  })
})
