import { describe, expect, it } from 'vitest'
import type { Judgement } from '../../../src/core/analysis/verdict.ts'
import { observingMessage, verdictsOf } from '../../../src/core/status/observing.ts'
import type { ObservingFacts } from '../../../src/core/status/observing.ts'
import { aState } from '../shop.ts'

const FACTS: ObservingFacts = { holdLeftMs: 0, requestsPerSecond: 10 }
const errors = { metric: 'error-rate', limit: '1%', evidence: '1 of 900 requests failed' }
const p99 = { metric: 'p99', limit: 'p99 at most 500ms', evidence: '12 of 900 requests were slower' }

function judgement(verdict: Judgement['verdict'], missingRequests?: number): Judgement {
  const missing = missingRequests === undefined ? {} : { missingRequests }
  return {
    verdict,
    metrics: [
      { ...errors, verdict: 'Pass' },
      { ...p99, verdict, ...missing },
    ],
  }
}

function says(step: number, judged: Judgement, facts: Partial<ObservingFacts> = {}): string {
  return observingMessage(aState('Observing', { step }), judged, { ...FACTS, ...facts })
}

describe('the message of a step', () => {
  it('names the weight, the metric that matters most, and what comes next', () => {
    expect(says(0, judgement('Unsure', 600))).toBe(
      '5 %: p99: 12 of 900 requests were slower; 20 % in about 60 more seconds',
    )
  })

  it.each<[string, string, Judgement, Partial<ObservingFacts>]>([
    ['a failure', 'rolling back', judgement('Fail'), { waitingFor: 'pods' }],
    ['something else to wait for', '20 % waits for pods', judgement('Pass'), { waitingFor: 'pods' }],
    ['no request at all', '20 % waits for requests', judgement('NoData', 300), { requestsPerSecond: 0 }],
    ['a rate above the limit', '20 % when the metrics allow it', judgement('Unsure'), {}],
    ['a hold that is not over', '20 % in 1m30s', judgement('Pass'), { holdLeftMs: 90_000 }],
    ['a hold that is nearly over', '20 % in 1s', judgement('Pass'), { holdLeftMs: 847 }],
    ['nothing to wait for', '20 % now', judgement('Pass'), {}],
  ])('with %s says: %s', (_, expected, judged, facts) => {
    expect(says(0, judged, facts).split('; ')[1]).toBe(expected)
  })

  it('of the last step speaks of the promotion', () => {
    expect(says(2, judgement('Pass'))).toMatch(/^100 %: .*; promotion now$/)
  })

  it('of a release without metrics says so', () => {
    expect(says(0, { verdict: 'Pass', metrics: [] })).toBe('5 %: nothing is measured; 20 % now')
  })
})

describe('verdicts in the status', () => {
  it('show shares in percent, for latency as the share that was slower, and nothing where nothing was seen', () => {
    const judged: Judgement = {
      verdict: 'Fail',
      metrics: [
        { ...errors, verdict: 'Pass', value: 0.00111 },
        { ...p99, verdict: 'Fail', value: 0.0133 },
        { ...errors, metric: 'other', verdict: 'NoData' },
      ],
    }
    const specs = [
      { name: 'error-rate', istio: 'ErrorRate', max: '1%' },
      { name: 'p99', istio: 'Latency', percentile: 99, max: '500ms' },
    ] as const
    expect(verdictsOf(judged, specs)).toEqual([
      { ...errors, verdict: 'Pass', value: '0.11 %' },
      { ...p99, verdict: 'Fail', value: '1.33 % slower' },
      { ...errors, metric: 'other', verdict: 'NoData' },
    ])
  })
})
