import { describe, expect, it } from 'vitest'
import type { MetricSpec } from '../../../src/api/v1alpha1/analysis.ts'
import { measuresOf } from '../../../src/core/analysis/measures.ts'
import type { Judgement, MetricVerdict, Verdict } from '../../../src/core/analysis/verdict.ts'
import {
  isWithinLimits,
  probeMetrics,
  probeTerms,
  recoveryOf,
  tellingOf,
} from '../../../src/core/faults/judging.ts'
import type { Plan } from '../../../src/core/plan.ts'
import { aPlan } from '../shop.ts'

const compared = { maxRatio: 2 } as unknown as NonNullable<MetricSpec['vsStable']>
const history = { maxRatio: 2 } as unknown as NonNullable<MetricSpec['vsHistory']>
const ERRORS: MetricSpec = { name: 'errors', istio: 'ErrorRate', max: '1%', vsStable: compared }
const P99: MetricSpec = { name: 'p99', istio: 'Latency', percentile: 99, max: '800ms', vsHistory: history }

describe('what a canary is held to under a fault', () => {
  it('is every limit of the analysis, which stands alone', () => {
    expect(probeMetrics([ERRORS, P99], {})).toEqual([
      { name: 'errors', istio: 'ErrorRate', max: '1%' },
      { name: 'p99', istio: 'Latency', percentile: 99, max: '800ms' },
    ])
  })

  it('is a comparison with stable where there is no limit', () => {
    const { max: _none, ...unlimited } = ERRORS
    expect(probeMetrics([unlimited], {})).toEqual([unlimited])
  })

  it('is neither the split nor what stable did in its last hour', () => {
    const split: MetricSpec = { name: 'split', istio: 'TrafficSplit' }
    const { max: _none, ...past } = P99
    expect(probeMetrics([split, past], {})).toEqual([])
  })

  it('is what the probe names, with its limits and nothing else', () => {
    const expectations = [
      { metric: 'p99', max: '2s' },
      { metric: 'unknown', max: '1%' },
    ]
    expect(probeMetrics([ERRORS, P99], { expect: expectations })).toEqual([
      { name: 'p99', istio: 'Latency', percentile: 99, max: '2s' },
    ])
  })
})

describe('the chance of taking back a good canary', () => {
  const step = (...faults: string[]) => ({ weight: 5, holdMs: 0, faults })

  /** By how much all stages and tries of so many probes add to it, as far as a hundred tries. */
  const spent = (plan: Plan, probes: number) =>
    Array.from({ length: 100 }, (_, tries) => 3 * probes * probeTerms(plan, tries).levels.alpha)

  it('is spent once by all probes of the release together, in all their stages and however often they are tried', () => {
    const plan = aPlan({ steps: [step('a', 'b'), { weight: 50, holdMs: 0 }, step('a')], falseRollback: 0.03 })
    expect(probeTerms(plan)).toMatchObject({ weights: [5, 50, 5] })
    expect(spent(plan, 3).reduce((sum, one) => sum + one, 0)).toBeCloseTo(0.03)
    const [first = 0, second = 0] = spent(plan, 3)
    expect(first).toBe(2 * second)
  })

  it('is that of one probe where there is none', () => {
    const one = aPlan({ steps: [step('a')], falseRollback: 0.03 })
    expect(probeTerms(aPlan({ falseRollback: 0.03 })).levels).toEqual(probeTerms(one).levels)
  })
})

function metric(verdict: Verdict, changes: Partial<MetricVerdict> = {}): MetricVerdict {
  return { metric: 'errors', verdict, limit: '1%', evidence: 'some', ...changes }
}
const judged = (verdict: Verdict, ...metrics: MetricVerdict[]): Judgement => ({ verdict, metrics })
const LIMITED = measuresOf([{ name: 'errors', istio: 'ErrorRate', max: '1%' }])

describe('within its limits', () => {
  it.each<[boolean, string, MetricVerdict]>([
    [true, 'nothing was seen', metric('NoData')],
    [true, 'one of a few was bad', metric('Unsure', { value: 0.04, interval: { low: 0.0001, high: 0.2 } })],
    [true, 'Prometheus is away', metric('ProviderError')],
    [false, 'what was seen fails', metric('Fail', { value: 0 })],
    [
      false,
      'most of what was seen was bad',
      metric('Unsure', { value: 0.9, interval: { low: 0.5, high: 1 } }),
    ],
  ])('%s when %s', (isWithin, _, one) => {
    expect(isWithinLimits(judged(one.verdict, one), LIMITED)).toBe(isWithin)
  })

  it('is a canary that is only compared, unless it failed', () => {
    const measures = measuresOf([{ name: 'errors', istio: 'ErrorRate', vsStable: compared }])
    expect(
      isWithinLimits(judged('Unsure', metric('Unsure', { interval: { low: 0.8, high: 1 } })), measures),
    ).toBe(true)
    expect(isWithinLimits(judged('Fail', metric('Fail', { value: 0.9 })), measures)).toBe(false)
  })
})

describe('after a fault', () => {
  it.each([
    ['Waiting', 'Unsure', true, false],
    ['Outside', 'Unsure', false, false],
    ['Recovered', 'Pass', true, false],
    ['Recovered', 'Pass', true, true],
    ['Untold', 'Unsure', true, true],
    ['NotRecovered', 'Fail', false, true],
    ['Untold', 'Unsure', false, true],
    ['Outside', 'Fail', false, false],
  ] as const)('a canary is %s: %s, within %s, over %s', (expected, verdict, isWithin, isOver) => {
    expect(recoveryOf(judged(verdict), isWithin, isOver)).toBe(expected)
  })
})

describe('what is told of a judgement', () => {
  it('is its cause, else the first metric that says the same', () => {
    const metrics = [metric('Unsure', { metric: 'a' }), metric('Fail', { metric: 'b', evidence: '9 of 10' })]
    expect(tellingOf({ verdict: 'Fail', metrics, cause: 'b' })).toBe('b: 9 of 10')
    expect(tellingOf({ verdict: 'Unsure', metrics })).toBe('a: some')
    expect(tellingOf({ verdict: 'Pass', metrics: [] })).toBe('nothing is measured')
  })
})
