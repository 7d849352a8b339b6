import { describe, expect, test } from 'vitest'
import { addLook, beginStep, initialEvidence, restartStep } from '../../../src/core/analysis/evidence.ts'
import type { Evidence } from '../../../src/core/analysis/evidence.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import { readEvidence } from '../../../src/core/analysis/older.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { at, lookAt, looksAt, terms } from './looks.ts'

const MEASURES: Measure[] = [
  { name: 'error-rate', kind: 'ErrorRate', limit: 0.01, max: '1%' },
  { name: 'p99', kind: 'Latency', limit: 0.01, max: '500ms', percentile: 99 },
]
const COUNTS = { 'error-rate': { total: 1000, bad: 22 }, p99: { total: 1000, bad: 1 } }
const today = addLook(initialEvidence(MEASURES, 4), MEASURES, looksAt(MEASURES, COUNTS), at(0))

/** The same as Sluice 0.4 wrote it. */
const older = {
  step: 0,
  steps: 4,
  peak: today.peak,
  metrics: {
    'error-rate': {
      fail: { logs: [-0.3634, 1.5675, 2.3858, -7.365, -58.1046, -217.9462], spent: 0.375, looks: 1 },
      step: COUNTS['error-rate'],
      release: COUNTS['error-rate'],
    },
    p99: {
      fail: { logs: [-5.0494, -8.3026, -16.8563, -41.1632, -110.2877, -289.3714], spent: 0.375, looks: 1 },
      step: COUNTS.p99,
      release: COUNTS.p99,
    },
  },
} as unknown as Evidence

const MARGINS = { tolerance: 0.001, relativeTolerance: 0 }
const vsStable = { ...MARGINS, harmBudget: 0.0025 }
const COMPARED: Measure[] = [
  { name: 'error-rate', kind: 'ErrorRate', limit: 0.01, max: '1%', vsStable, vsHistory: MARGINS },
  {
    name: 'p99',
    kind: 'Latency',
    limit: 0.01,
    max: '500ms',
    percentile: 99,
    vsStable: { ...vsStable, relativeTolerance: 0.1 },
  },
]
const comparedLooks = Object.fromEntries(
  COMPARED.map((measure) => [
    measure.name,
    lookAt(measure, { total: 1000, bad: 8 }, { total: 19_000, bad: 19 }),
  ]),
)
const compared = addLook(initialEvidence(COMPARED, 4), COMPARED, comparedLooks, at(0))

const SPENT = {
  limit: { spent: 0.375, looks: 1 },
  fail: { spent: 0.375, looks: 1 },
  pass: { spent: 0.75, looks: 1 },
}
const BAD = { canary: 8, stable: 19 }
const TOTAL = { canary: 1000, stable: 19_000 }
const LIMIT_LOGS = [-3.4874, -5.0126, -10.4423, -29.8971, -92.8933, -265.563]
const RELEASE = { total: 1000, bad: 8 }

/** The same as it was written when each cut of a strand was an object. */
const ofObjects = {
  ...compared,
  metrics: {
    'error-rate': {
      strands: [
        {
          reporter: 'Source',
          total: TOTAL,
          capital: SPENT,
          cuts: [
            {
              phi: 1,
              bad: BAD,
              logs: {
                limit: LIMIT_LOGS,
                fail: [-1.5574, -0.364, 1.2795, 2.0136, -1.4682, -11.0023],
                pass: [-19.5997, -5.3597, -1.0597, -0.7257, -1.4112],
                history: [],
              },
            },
          ],
        },
      ],
      release: RELEASE,
    },
    p99: {
      strands: [
        {
          reporter: 'Source',
          total: TOTAL,
          capital: SPENT,
          cuts: [
            { at: 500, isLimit: true, phi: 1, bad: BAD, logs: { limit: LIMIT_LOGS } },
            {
              at: 250,
              phi: 1,
              bad: BAD,
              logs: {
                fail: [-1.5875, -0.434, 1.1173, 1.6561, -2.1077, -11.8233],
                pass: [-18.9536, -4.8397, -0.7449, -0.5976, -1.3746],
              },
            },
          ],
        },
      ],
      release: RELEASE,
    },
  },
} as unknown as Evidence

describe('evidence of an earlier Sluice', () => {
  test('leads to the same verdicts, now and after more looks', () => {
    const read = readEvidence(older, MEASURES)
    expect(judge(read, MEASURES, terms())).toEqual(judge(today, MEASURES, terms()))
    const next = (evidence: Evidence) =>
      judge(addLook(evidence, MEASURES, looksAt(MEASURES, COUNTS), at(1)), MEASURES, terms())
    expect(next(read)).toEqual(next(today))
    expect(next(read).verdict).toBe('Fail')
  })

  test('that has seen nothing yet begins as new evidence does', () => {
    const fail = { logs: [], spent: 0, looks: 0 }
    const nothing = { total: 0, bad: 0 }
    const fresh = {
      ...older,
      metrics: { 'error-rate': { fail, step: nothing, release: nothing } },
    } as unknown as Evidence
    expect(readEvidence(fresh, MEASURES).metrics['error-rate']).toEqual({ strands: [], release: nothing })
  })

  test('whose cuts were objects is read as it would be written today', () => {
    expect(readEvidence(ofObjects, COMPARED).metrics).toEqual(compared.metrics)
  })

  test('may begin a step, or begin it anew, before it is read', () => {
    const lacked = judge(restartStep(compared), COMPARED, terms())
    expect(lacked.verdict).toBe('NoData')
    expect(judge(restartStep(ofObjects), COMPARED, terms())).toEqual(lacked)
    expect(beginStep(ofObjects, 1).metrics).toEqual(beginStep(compared, 1).metrics)
  })

  test('of today stays as it is', () => {
    expect(readEvidence(today, MEASURES)).toEqual(today)
  })
})
