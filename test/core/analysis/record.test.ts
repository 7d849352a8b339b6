import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { initialEvidence } from '../../../src/core/analysis/evidence.ts'
import { judge, providerError } from '../../../src/core/analysis/judge.ts'
import { addLook } from '../../../src/core/analysis/evidence.ts'
import { measuresOf } from '../../../src/core/analysis/measures.ts'
import { MOST_LOOKS, joined, looksOf, recordLook } from '../../../src/core/analysis/record.ts'
import type { KeptLook, StepRecord } from '../../../src/core/analysis/record.ts'
import { lookAt, terms } from './looks.ts'

const MEASURES = measuresOf([
  { name: 'error-rate', istio: 'ErrorRate', vsStable: {} },
  { name: 'p99', istio: 'Latency', percentile: 99, max: '500ms' },
  { name: 'split', istio: 'TrafficSplit' },
  { name: 'conversion', query: 'x', min: '0.02' },
])
const [ERRORS, LATENCY, SPLIT] = MEASURES as [
  (typeof MEASURES)[0],
  (typeof MEASURES)[0],
  (typeof MEASURES)[0],
]
const WEIGHTS = [50, 100]
const EMPTY: StepRecord = { step: 0, startedAt: 1_000_000, metrics: {} }
const evidence = initialEvidence(MEASURES, WEIGHTS.length)
const seen = addLook(
  evidence,
  MEASURES,
  {
    'error-rate': lookAt(ERRORS, { total: 1000, bad: 30 }, { total: 1000, bad: 2 }),
    p99: lookAt(LATENCY, { total: 900, bad: 5 }),
    split: lookAt(SPLIT, { total: 900, bad: 0 }, { total: 100, bad: 0 }),
    conversion: { strands: [], number: { at: 5, reading: { kind: 'Number', value: 0.031 } } },
  },
  { step: 0, weights: WEIGHTS },
)
const judgement = judge(seen, MEASURES, terms(WEIGHTS))

/** A record of looks at these seconds, of which each says Unsure or that Prometheus is unwell. */
function recordOf(seconds: readonly number[], isBlind: (index: number) => boolean = () => false): StepRecord {
  return seconds.reduce<StepRecord>((record, second, index) => {
    const said = isBlind(index) ? providerError(MEASURES, 'away') : judgement
    return recordLook(
      record,
      { evidence: seen, judgement: said, at: EMPTY.startedAt + second * 1000 },
      MEASURES,
    )
  }, EMPTY)
}

const looksIn = (record: StepRecord | undefined, metric = 'error-rate'): KeptLook[] =>
  looksOf(record!.metrics[metric]!)

describe('the record of a step', () => {
  test('has counts, verdict and evidence of each metric', () => {
    const record = recordOf([15])
    expect(looksIn(record)).toMatchObject([{ at: 15, verdict: 'Fail', counts: [1000, 30, 1000, 2] }])
    expect(looksIn(record)[0]?.against).toBeGreaterThan(Math.log(100))
    expect(looksIn(record)[0]?.pass).toBeLessThan(0)
    expect(looksIn(record, 'p99')).toMatchObject([{ verdict: 'Pass', counts: [900, 5, 0, 0] }])
    expect(looksIn(record, 'p99')[0]).not.toHaveProperty('pass')
    expect(looksIn(record, 'split')[0]?.against).toBeGreaterThan(Math.log(100))
    expect(looksIn(record, 'conversion')).toMatchObject([{ value: 0.031, against: 0 }])
    expect(record.metrics['conversion']?.said).toEqual({
      verdict: 'Pass',
      limit: expect.any(String),
      evidence: expect.any(String),
    })
  })

  test('keeps what was known in looks that saw nothing', () => {
    expect(looksIn(recordOf([15, 30], (index) => index === 1))).toMatchObject([
      { verdict: 'Fail' },
      { verdict: 'ProviderError', counts: [1000, 30, 1000, 2] },
    ])
  })

  test('survives JSON, also before anything was seen', () => {
    const nothing = judge(evidence, MEASURES, terms(WEIGHTS))
    const record = recordLook(recordOf([15]), { evidence, judgement: nothing, at: 1_030_000 }, MEASURES)
    expect(JSON.parse(JSON.stringify(record))).toEqual(record)
    expect(looksIn(record).at(-1)).toEqual({ at: 30, verdict: 'NoData', against: 0 })
  })

  test('never has more than so many looks, the first, the last and changes of the verdict among them', () => {
    const ascending = fc
      .array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 200 })
      .map((gaps) => gaps.reduce<number[]>((times, gap) => [...times, (times.at(-1) ?? 0) + gap], []))
    fc.assert(
      fc.property(ascending, fc.nat(199), (seconds, change) => {
        const looks = looksIn(recordOf(seconds, (index) => index >= change))
        expect(looks.length).toBe(Math.min(seconds.length, MOST_LOOKS))
        expect([looks[0]?.at, looks.at(-1)?.at]).toEqual([seconds[0], seconds.at(-1)])
        const changed = seconds[change]
        if (changed !== undefined) expect(looks.map(({ at }) => at)).toContain(changed)
      }),
      { numRuns: 50 },
    )
  })

  test('of a long step has looks of all its time', () => {
    const seconds = Array.from({ length: 2_000 }, (_, index) => 15 * (index + 1))
    const times = looksIn(recordOf(seconds)).map(({ at }) => at)
    const gaps = times.slice(1).map((at, index) => at - times[index]!)
    expect(Math.max(...gaps)).toBeLessThanOrEqual((4 * 15 * 2_000) / MOST_LOOKS)
  })
})

describe('records of one step', () => {
  const later = { ...recordOf([15, 30]), startedAt: EMPTY.startedAt + 60_000 }

  test('are one when an observer handed over', () => {
    const [one, ...others] = joined([recordOf([15, 30]), later])
    expect(others).toEqual([])
    expect(looksIn(one).map(({ at }) => at)).toEqual([15, 30, 75, 90])
  })

  test('stay apart from those of another step', () => {
    const next = { ...later, step: 1 }
    expect(joined([recordOf([15]), next, later]).map(({ step }) => step)).toEqual([0, 1, 0])
  })
})
