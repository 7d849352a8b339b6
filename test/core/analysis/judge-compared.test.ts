import { describe, expect, test } from 'vitest'
import { addLook, beginStep, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { Evidence, MetricLook } from '../../../src/core/analysis/evidence.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { at, lookAt, terms } from './looks.ts'

const COMPARED: Measure = {
  name: 'error-rate',
  kind: 'ErrorRate',
  vsStable: { tolerance: 0.001, relativeTolerance: 0, harmBudget: 0.0025 },
}
const LIMITED: Measure = { ...COMPARED, limit: 0.01, max: '1%' }

type Counted = [total: number, bad: number]

/** One look at a step. */
function seen(
  measure: Measure,
  canary: Counted,
  stable: Counted,
  { step = 0, before = initialEvidence([measure], 4) }: { step?: number; before?: Evidence } = {},
): Evidence {
  const counts = ([total, bad]: Counted) => ({ total, bad })
  const look = lookAt(measure, counts(canary), counts(stable))
  return addLook(before, [measure], { [measure.name]: look }, at(step))
}

const judged = (measure: Measure, evidence: Evidence) => judge(evidence, [measure], terms())
const sentence = (measure: Measure, evidence: Evidence) => judged(measure, evidence).metrics[0]?.evidence

describe('a comparison with stable', () => {
  test('passes when it is shown that the next step would harm less than the budget', () => {
    expect(judged(COMPARED, seen(COMPARED, [349, 0], [6650, 0])).verdict).toBe('Unsure')
    const passed = seen(COMPARED, [400, 0], [7600, 8])
    expect(judged(COMPARED, passed).verdict).toBe('Pass')
    expect(sentence(COMPARED, passed)).toBe('canary 0 of 400 requests failed, stable 8 of 7,600')
  })

  test('asks for more the more requests the next step puts at risk', () => {
    const verdicts = [0, 1, 2].map(
      (step) => judged(COMPARED, seen(COMPARED, [500, 0], [9500, 9], { step })).verdict,
    )
    expect(verdicts).toEqual(['Pass', 'Unsure', 'Unsure'])
  })

  test('fails a canary that is worse, and says how likely that is if it were not', () => {
    const failed = seen(COMPARED, [1402, 14], [26_610, 21])
    expect(judged(COMPARED, failed)).toMatchObject({ verdict: 'Fail', cause: 'error-rate' })
    expect(sentence(COMPARED, failed)).toMatch(
      /^canary 14 of 1,402 requests failed, stable 21 of 26,610; 1 in [\d,]+ if it were no worse$/,
    )
  })

  test('does not blame the canary for an incident that hits both, however bad', () => {
    expect(judged(COMPARED, seen(COMPARED, [1000, 300], [19_000, 5700])).verdict).toBe('Unsure')
  })

  test('says how many requests are missing, and they suffice', () => {
    const unsure = seen(COMPARED, [100, 0], [1900, 2])
    const more = judged(COMPARED, unsure).metrics[0]?.missingRequests ?? NaN
    expect(sentence(COMPARED, unsure)).toMatch(
      /; no harm shown, about [\d,]+ more canary requests to be sure$/,
    )
    const rest = seen(COMPARED, [more, 0], [more * 19, (more * 19 * 2) / 1900], { step: 0, before: unsure })
    expect(judged(COMPARED, rest).verdict).toBe('Pass')
  })

  test('says so when the canary is too bad ever to pass, and not bad enough to fail', () => {
    const middling = seen(COMPARED, [500, 8], [9500, 10])
    expect(judged(COMPARED, middling).metrics[0]).not.toHaveProperty('missingRequests')
  })

  test('is NoData without requests of the canary, and without any of stable', () => {
    expect(judged(COMPARED, seen(COMPARED, [0, 0], [1000, 1])).verdict).toBe('NoData')
    expect(judged(COMPARED, seen(COMPARED, [1000, 1], [0, 0]))).toMatchObject({
      verdict: 'NoData',
      metrics: [{ evidence: 'no request of stable to compare with' }],
    })
  })

  test('is Unsure, and neither passes nor fails, while stable is no measure', () => {
    const look = {
      ...lookAt(COMPARED, { total: 1000, bad: 500 }, { total: 19_000, bad: 0 }),
      incomparable: 'a bad pod',
    }
    const evidence = addLook(initialEvidence([COMPARED], 4), [COMPARED], { 'error-rate': look }, at(0))
    expect(judged(COMPARED, evidence)).toMatchObject({
      verdict: 'Unsure',
      metrics: [{ evidence: 'a bad pod' }],
    })
  })

  test('that is no measure now gives its part of the evidence to nobody', () => {
    const both: Measure = { ...COMPARED, limit: 0.01, max: '1%' }
    const compared = lookAt(both, { total: 200, bad: 9 }, { total: 3800, bad: 171 })
    const peakOf = (look: MetricLook) =>
      addLook(initialEvidence([both], 4), [both], { 'error-rate': look }, at(0)).peak.logE
    expect(peakOf({ ...compared, incomparable: 'a bad pod' })).toBeLessThanOrEqual(peakOf(compared))
    expect(peakOf({ ...compared, incomparable: 'a bad pod' })).toBeGreaterThan(1)
  })

  test('ends at 100 %, where a canary with requests passes', () => {
    const baked = beginStep(seen(COMPARED, [400, 0], [7600, 8]), 3)
    expect(judged(COMPARED, seen(COMPARED, [10, 0], [0, 0], { step: 3, before: baked })).verdict).toBe('Pass')
  })

  test('keeps what speaks against the canary from step to step, and earns a pass anew', () => {
    const first = seen(COMPARED, [400, 0], [7600, 8])
    expect(judged(COMPARED, beginStep(first, 1)).verdict).toBe('NoData')
    expect(judged(COMPARED, seen(COMPARED, [10, 0], [40, 0], { step: 1, before: first })).verdict).toBe(
      'Unsure',
    )
    const harmed = seen(COMPARED, [1000, 8], [19_000, 19])
    const worse = seen(COMPARED, [1000, 8], [4000, 4], { step: 1, before: harmed })
    expect(judged(COMPARED, harmed).verdict).toBe('Unsure')
    expect(judged(COMPARED, worse).verdict).toBe('Fail')
  })

  test('takes more evidence where bad requests come in bursts', () => {
    const verdictAt = (phi: number) => {
      const { strands } = lookAt(COMPARED, { total: 1402, bad: 14 }, { total: 26_610, bad: 21 })
      const bursty = strands.map((strand) => ({
        ...strand,
        cuts: strand.cuts.map((cut) => ({ ...cut, phi })),
      }))
      const evidence = addLook(
        initialEvidence([COMPARED], 4),
        [COMPARED],
        { 'error-rate': { strands: bursty } },
        at(0),
      )
      return judged(COMPARED, evidence).verdict
    }
    expect([1, 8].map(verdictAt)).toEqual(['Fail', 'Unsure'])
  })

  test('finds errors that retries hide from callers, by what the pods themselves count', () => {
    const [hidden, told] = [
      lookAt(COMPARED, { total: 3000, bad: 60 }, { total: 57_000, bad: 57 }),
      lookAt(COMPARED, { total: 3000, bad: 0 }, { total: 57_000, bad: 0 }),
    ]
    const strands = [
      ...told.strands,
      ...hidden.strands.map((strand) => ({ ...strand, reporter: 'Destination' as const })),
    ]
    const evidence = addLook(initialEvidence([COMPARED], 4), [COMPARED], { 'error-rate': { strands } }, at(0))
    expect(judged(COMPARED, evidence).verdict).toBe('Fail')
    expect(sentence(COMPARED, evidence)).toMatch(
      /^canary 60 of 3,000 requests failed as its pods count, stable 57 of 57,000/,
    )
  })
})

describe('a limit beside a comparison', () => {
  test('fails by itself, and names an incident of both versions as such', () => {
    const failed = seen(LIMITED, [1000, 100], [19_000, 1900])
    expect(judged(LIMITED, failed).verdict).toBe('Fail')
    expect(sentence(LIMITED, failed)).toBe(
      'canary 100 of 1,000 requests failed (10.00%, limit 1%); so did 1,900 of 19,000 of stable (10.00%): an incident of both versions',
    )
  })

  test('never holds a step that the comparison passes', () => {
    const above = seen({ ...LIMITED, limit: 0.0001, max: '0.01%' }, [600, 1], [11_400, 19])
    expect(judged({ ...LIMITED, limit: 0.0001, max: '0.01%' }, above).verdict).toBe('Pass')
  })

  test('takes its share of the evidence: the mean of both counts', () => {
    const alone = seen(COMPARED, [1000, 12], [19_000, 19]).peak.logE
    const both = seen({ ...LIMITED, limit: 0.5, max: '50%' }, [1000, 12], [19_000, 19]).peak.logE
    expect(both).toBeLessThan(alone)
    expect(both).toBeGreaterThan(alone - Math.log(2) - 0.01)
  })
})

describe('the bake', () => {
  const BAKED: Measure = {
    name: 'error-rate',
    kind: 'ErrorRate',
    vsHistory: { tolerance: 0.001, relativeTolerance: 0 },
  }

  /** A look at 100 %, where stable had a share of bad requests in its last hour. */
  function baked(canary: Counted, past: number | undefined, before = initialEvidence([BAKED], 4)): Evidence {
    const [total, bad] = canary
    const cut = { bad: { canary: bad, stable: 0 }, phi: 1, ...(past !== undefined && { past }) }
    const strands = [{ reporter: 'Source' as const, total: { canary: total, stable: 0 }, cuts: [cut] }]
    return addLook(before, [BAKED], { 'error-rate': { strands } }, at(3))
  }

  test('fails a canary that is worse than stable was in its last hour', () => {
    const failed = baked([10_000, 80], 0.001)
    expect(judged(BAKED, failed).verdict).toBe('Fail')
    expect(sentence(BAKED, failed)).toMatch(
      /^canary 80 of 10,000 requests failed, stable had 0.10% at most in the hour before; .* if it were no worse$/,
    )
  })

  test('holds it against what was known first, though the hour before goes on', () => {
    const first = baked([100, 0], 0.001)
    expect(judged(BAKED, baked([10_000, 80], 0.5, first)).verdict).toBe('Fail')
  })

  test('passes a canary that is as stable was, and one of which nobody knows', () => {
    expect(judged(BAKED, baked([10_000, 10], 0.001)).verdict).toBe('Pass')
    expect(judged(BAKED, baked([10_000, 80], undefined)).verdict).toBe('Pass')
  })
})
