import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addLook,
  beginStep,
  evidenceOf,
  initialEvidence,
  requestsOf,
  restartStep,
} from '../../../src/core/analysis/evidence.ts'
import type { Counts, Evidence, Looks } from '../../../src/core/analysis/evidence.ts'
import { judge, providerError } from '../../../src/core/analysis/judge.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import type { Verdict } from '../../../src/core/analysis/verdict.ts'
import { leastRequests } from '../../../src/core/analysis/least-requests.ts'
import { WEIGHTS, at, looksAt, terms } from './looks.ts'

const ERRORS: Measure = { name: 'error-rate', kind: 'ErrorRate', limit: 0.01, max: '1%' }
const SLOW: Measure = { name: 'p99', kind: 'Latency', limit: 0.01, max: '500ms', percentile: 99 }
const BOTH = [ERRORS, SLOW]
const LEAST = leastRequests(0.01, DEFAULT_LEVELS.beta)

/** The evidence of one metric after some looks at one step. */
const after = (metric: Measure, ...looks: [total: number, bad: number][]): Evidence =>
  looks.reduce(
    (known, [total, bad]) =>
      addLook(known, [metric], looksAt([metric], { [metric.name]: { total, bad } }), at(0)),
    initialEvidence([metric], 4),
  )

const verdictOf = (metric: Measure, ...looks: [number, number][]): Verdict =>
  judge(after(metric, ...looks), [metric], terms()).verdict

describe('the verdict', () => {
  test('is Unsure after one 503 in 20 requests', () => {
    const judgement = judge(after(ERRORS, [20, 1]), [ERRORS], terms())
    expect(judgement).toEqual({
      verdict: 'Unsure',
      metrics: [
        {
          metric: 'error-rate',
          verdict: 'Unsure',
          value: 0.05,
          interval: { low: 0, high: expect.closeTo(0.388, 3) as number },
          limit: '1%',
          evidence: '20 of about 440 canary requests seen, 1 failed (5.00%, limit 1%); too few to tell',
          missingRequests: LEAST - 20,
        },
      ],
    })
  })

  test('is NoData before the first canary request, and says how many are needed', () => {
    const { verdict, metrics } = judge(after(ERRORS, [0, 0]), [ERRORS], terms())
    expect(verdict).toBe('NoData')
    expect(metrics).toEqual([
      {
        metric: 'error-rate',
        verdict: 'NoData',
        limit: '1%',
        evidence: 'no canary request seen yet at this step',
        missingRequests: LEAST,
      },
    ])
  })

  test('is Pass with an estimate within the limit over enough requests, and not one request sooner', () => {
    expect(verdictOf(ERRORS, [LEAST - 1, 0])).toBe('Unsure')
    expect(verdictOf(ERRORS, [LEAST, 0])).toBe('Pass')
    expect(verdictOf(ERRORS, [1000, 10])).toBe('Pass')
    expect(verdictOf(ERRORS, [1000, 11])).toBe('Unsure')
  })

  test('is Fail when every request fails', () => {
    expect(verdictOf(ERRORS, [75, 75])).toBe('Fail')
  })

  test('names the boundary where a native histogram holds the limit', () => {
    const looks = (canary: Counts): Looks => {
      const total = { canary: canary.total, stable: 0 }
      const bad = { canary: canary.bad, stable: 0 }
      return {
        p99: { strands: [{ reporter: 'Source', total, cuts: [{ at: 430.54, isLimit: true, bad, phi: 1 }] }] },
      }
    }
    const sentence = (total: number, bad: number) => {
      const evidence = addLook(initialEvidence([SLOW], 4), [SLOW], looks({ total, bad }), at(0))
      return judge(evidence, [SLOW], terms()).metrics[0]?.evidence
    }
    expect(sentence(1000, 9)).toContain(
      '9 of 1,000 requests took longer than 430.54ms (0.90%, p99 allows 1%)',
    )
    expect(sentence(1000, 11)).toContain('took longer than 430.54ms')
    expect(sentence(1000, 500)).toContain('500 of 1,000 requests took longer than 430.54ms')
    expect(sentence(20, 1)).toContain('1 took longer than 430.54ms')
    expect(judge(after(SLOW, [1000, 9]), [SLOW], terms()).metrics[0]?.evidence).toContain('longer than 500ms')
  })

  test('stays Fail whatever comes after', () => {
    const failed = after(ERRORS, [200, 40])
    const later = addLook(
      failed,
      [ERRORS],
      looksAt([ERRORS], { 'error-rate': { total: 1e6, bad: 0 } }),
      at(3),
    )
    expect(judge(later, [ERRORS], terms())).toMatchObject({ verdict: 'Fail', cause: 'error-rate' })
  })

  test('is the weightiest of all metrics', () => {
    const verdictWith = (error: Counts | undefined, slow: Counts | undefined): Verdict => {
      const counts = { ...(error && { 'error-rate': error }), ...(slow && { p99: slow }) }
      return judge(addLook(initialEvidence(BOTH, 4), BOTH, looksAt(BOTH, counts), at(0)), BOTH, terms())
        .verdict
    }
    const [good, few, terrible] = [
      { total: 1000, bad: 0 },
      { total: 10, bad: 0 },
      { total: 1000, bad: 500 },
    ]
    expect(verdictWith(good, good)).toBe('Pass')
    expect(verdictWith(good, few)).toBe('Unsure')
    expect(verdictWith(few, undefined)).toBe('NoData')
    expect(verdictWith(undefined, terrible)).toBe('Fail')
    expect(judge(initialEvidence([], 4), [], terms()).verdict).toBe('Pass')
  })

  test('names the cause, and leaves the other metrics their own verdicts', () => {
    const counts = { 'error-rate': { total: 1000, bad: 0 }, p99: { total: 1000, bad: 300 } }
    const judgement = judge(
      addLook(initialEvidence(BOTH, 4), BOTH, looksAt(BOTH, counts), at(0)),
      BOTH,
      terms(),
    )
    expect(judgement).toMatchObject({
      verdict: 'Fail',
      cause: 'p99',
      metrics: [{ verdict: 'Pass' }, { verdict: 'Fail', value: 0.3, limit: 'p99 500ms' }],
    })
    expect(judgement.metrics[1]?.evidence).toBe(
      'canary 300 of 1,000 requests took longer than 500ms (30.00%, p99 allows 1%)',
    )
  })

  test('is Fail for every metric that would have failed alone', () => {
    const counts = { 'error-rate': { total: 1000, bad: 400 }, p99: { total: 1000, bad: 300 } }
    const judgement = judge(
      addLook(initialEvidence(BOTH, 4), BOTH, looksAt(BOTH, counts), at(0)),
      BOTH,
      terms(),
    )
    expect(judgement).toMatchObject({
      cause: 'error-rate',
      metrics: [{ verdict: 'Fail' }, { verdict: 'Fail' }],
    })
  })

  test('allows exactly the limit, though a share such as 0.1 % has no exact number', () => {
    const percentile = 99.9
    const slow = { ...SLOW, percentile, limit: (100 - percentile) / 100 }
    expect(verdictOf(slow, [5000, 5])).toBe('Pass')
    expect(verdictOf(slow, [5000, 6])).toBe('Unsure')
  })

  test('is ProviderError for every metric when the provider is unwell, and no other', () => {
    expect(providerError([SLOW], 'Prometheus did not answer within 5s')).toEqual({
      verdict: 'ProviderError',
      metrics: [
        {
          metric: 'p99',
          verdict: 'ProviderError',
          limit: 'p99 500ms',
          evidence: 'Prometheus did not answer within 5s',
        },
      ],
    })
  })

  test('never fails on a single bad request, whatever the limit', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 1000 }),
        (limit, total) => {
          for (const weights of [[100], WEIGHTS]) {
            const metric = { ...ERRORS, limit }
            const evidence = addLook(
              initialEvidence([metric], weights.length),
              [metric],
              looksAt([metric], { 'error-rate': { total, bad: 1 } }),
              at(0, weights),
            )
            expect(judge(evidence, [metric], terms(weights)).verdict).not.toBe('Fail')
          }
        },
      ),
    )
  })

  test('with a limit of 0% is never Pass, and says why', () => {
    const none = { ...ERRORS, limit: 0, max: '0%' }
    const { verdict, metrics } = judge(after(none, [100_000, 0]), [none], terms())
    expect(verdict).toBe('Unsure')
    expect(metrics[0]?.evidence).toContain('no number of requests can show a share of 0%')
    expect(metrics[0]).not.toHaveProperty('missingRequests')
  })
})

describe('the evidence sentence', () => {
  test.each([
    [[612, 0], 'canary 0 of 612 requests failed (0%, limit 1%)'],
    [[1402, 14], 'canary 14 of 1,402 requests failed (1.00%, limit 1%)'],
    [[20_000, 1], 'canary 1 of 20,000 requests failed (0.005%, limit 1%)'],
    [[412, 0], '412 of about 440 canary requests seen, no harm'],
    [[412, 2], '412 of about 440 canary requests seen, 2 failed (0.49%, limit 1%)'],
    [[1000, 100], 'canary 100 of 1,000 requests failed (10.00%, limit 1%)'],
    [
      [1000, 11],
      'canary 11 of 1,000 requests failed (1.10%, limit 1%): above the limit; at this rate too near to it to be certain',
    ],
  ] as [[number, number], string][])('of %j', (look, sentence) => {
    expect(judge(after(ERRORS, look), [ERRORS], terms()).metrics[0]?.evidence).toBe(sentence)
  })

  test('above the limit says after how many more requests it will be certain, and they suffice', () => {
    const unsure = after(ERRORS, [1000, 16])
    const [verdict] = judge(unsure, [ERRORS], terms()).metrics
    const more = verdict?.missingRequests ?? NaN
    expect(verdict?.evidence).toMatch(
      /^canary 16 of 1,000 requests failed .* certain after about [\d,]+ more$/,
    )
    const look = { 'error-rate': { total: more, bad: more * 0.016 } }
    expect(judge(addLook(unsure, [ERRORS], looksAt([ERRORS], look), at(0)), [ERRORS], terms()).verdict).toBe(
      'Fail',
    )
  })
})

describe('the sentence of a failure', () => {
  test('counts the whole release when most of the harm was seen at earlier steps', () => {
    const early = after(ERRORS, [1000, 24])
    expect(judge(early, [ERRORS], terms()).verdict).toBe('Unsure')
    const late = addLook(early, [ERRORS], looksAt([ERRORS], { 'error-rate': { total: 100, bad: 2 } }), at(1))
    expect(judge(late, [ERRORS], terms()).metrics[0]).toMatchObject({
      verdict: 'Fail',
      evidence: 'canary 26 of 1,100 requests failed (2.36%, limit 1%)',
    })
  })

  test('counts the step when the harm came late', () => {
    const early = after(ERRORS, [2000, 0])
    const late = addLook(early, [ERRORS], looksAt([ERRORS], { 'error-rate': { total: 300, bad: 20 } }), at(1))
    expect(judge(late, [ERRORS], terms()).metrics[0]).toMatchObject({
      verdict: 'Fail',
      evidence: 'canary 20 of 300 requests failed (6.67%, limit 1%)',
    })
  })
})

const strandOf = (evidence: Evidence) => evidence.metrics['error-rate']?.strands[0]
const betsOf = (evidence: Evidence) => strandOf(evidence)?.bets.limit

describe('steps', () => {
  test('begin with no evidence for a pass, and keep the evidence of harm', () => {
    const first = after(ERRORS, [1000, 15])
    const second = beginStep(first, 1)
    expect(judge(second, [ERRORS], terms()).verdict).toBe('NoData')
    expect(second.metrics['error-rate']?.release).toEqual({ total: 1000, bad: 15 })
    expect(betsOf(second)).toEqual({ ...betsOf(first), looks: 0 })
  })

  test('bring new capital to the evidence of harm', () => {
    const spent = (evidence: Evidence): number => betsOf(evidence)?.spent ?? NaN
    const first = after(ERRORS, [100, 0])
    const second = addLook(
      first,
      [ERRORS],
      looksAt([ERRORS], { 'error-rate': { total: 100, bad: 0 } }),
      at(1),
    )
    expect(spent(first)).toBeCloseTo(0.75 / 2, 7)
    expect(spent(second)).toBeCloseTo(0.75 / 2 + 0.75 / 6, 7)
  })

  test('that have begun do not begin again', () => {
    const evidence = after(ERRORS, [100, 0])
    expect(beginStep(evidence, 0)).toBe(evidence)
  })

  test('that begin anew ask for all of their requests again, and bring no second capital', () => {
    const before = after(ERRORS, [1000, 15])
    const anew = restartStep(before)
    expect(judge(anew, [ERRORS], terms()).verdict).toBe('NoData')
    expect(anew.metrics['error-rate']?.release).toEqual({ total: 1000, bad: 15 })
    expect(betsOf(anew)).toEqual(betsOf(before))
    expect([anew.step, anew.peak]).toEqual([before.step, before.peak])
  })

  test('that do not exist are refused', () => {
    expect(() => beginStep(after(ERRORS), 4)).toThrow(/no step 4 among 4/)
    expect(() => beginStep(after(ERRORS), -1)).toThrow(RangeError)
    expect(() => initialEvidence([ERRORS], 0)).toThrow(RangeError)
  })
})

describe('bad data', () => {
  test.each([
    [10, 11],
    [10, -1],
    [NaN, 0],
    [10, NaN],
    [Infinity, 0],
  ])('%d requests of which %d are bad are refused', (total, bad) => {
    expect(() => after(ERRORS, [total, bad])).toThrow(RangeError)
  })

  test('a metric that the evidence does not know is refused', () => {
    expect(() => judge(after(ERRORS), [SLOW], terms())).toThrow(/no evidence of a metric "p99"/)
  })

  test('a metric named like a property of every object is a metric like others', () => {
    const odd = { ...ERRORS, name: 'constructor' }
    expect(
      judge(addLook(initialEvidence([odd], 1), [odd], looksAt([odd], {}), at(0)), [odd], terms()).verdict,
    ).toBe('NoData')
  })
})

const counts = fc
  .record({ total: fc.integer({ min: 0, max: 3000 }), share: fc.double({ min: 0, max: 0.05, noNaN: true }) })
  .map(({ total, share }) => ({ total, bad: Math.floor(total * share) }))
const release = fc.array(fc.record({ step: fc.nat({ max: 3 }), 'error-rate': counts, p99: counts }), {
  minLength: 1,
  maxLength: 60,
})

describe('the evidence', () => {
  test('of two metrics is their mean: one that is fine takes half of the other', () => {
    const bad = { total: 200, bad: 12 }
    const alone = after(ERRORS, [200, 12]).peak.logE
    const both = addLook(initialEvidence(BOTH, 4), BOTH, looksAt(BOTH, { 'error-rate': bad }), at(0)).peak
      .logE
    expect(Math.exp(both)).toBeCloseTo((Math.exp(alone) + 1) / 2, 6)
  })

  test('that went through JSON after every look leads to the same verdicts', () => {
    fc.assert(
      fc.property(release, (looks) => {
        let kept = initialEvidence(BOTH, 4)
        let stored = kept
        for (const { step, ...seen } of looks.sort((a, b) => a.step - b.step)) {
          kept = addLook(kept, BOTH, looksAt(BOTH, seen), at(step))
          stored = JSON.parse(
            JSON.stringify(addLook(stored, BOTH, looksAt(BOTH, seen), at(step))),
          ) as Evidence
          expect(judge(stored, BOTH, terms())).toEqual(judge(kept, BOTH, terms()))
        }
      }),
    )
  })

  test('takes less than 1 KB a metric', () => {
    fc.assert(
      fc.property(release, (looks) => {
        const end = looks.reduce(
          (known, { step, ...seen }) => addLook(known, BOTH, looksAt(BOTH, seen), at(step)),
          initialEvidence(BOTH, 4),
        )
        expect(JSON.stringify(end).length).toBeLessThan(BOTH.length * 1024)
      }),
    )
  })

  test('of a pass never rests on fewer requests than the error-free minimum, nor a verdict on none', () => {
    fc.assert(
      fc.property(release, (looks) => {
        const end = looks.reduce(
          (known, { step, ...seen }) => addLook(known, BOTH, looksAt(BOTH, seen), at(step)),
          initialEvidence(BOTH, 4),
        )
        const allowed = judge(end, BOTH, terms()).metrics.map(({ metric, verdict }) => {
          const seen = requestsOf(evidenceOf(end, metric))
          if (verdict === 'Pass') return seen >= LEAST
          return verdict === 'Fail' || (verdict === 'NoData') === (seen === 0)
        })
        expect(allowed).toEqual([true, true])
      }),
    )
  })
})
