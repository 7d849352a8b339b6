import { describe, expect, test } from 'vitest'
import { addLook, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { Evidence } from '../../../src/core/analysis/evidence.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import { readEvidence } from '../../../src/core/analysis/older.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { at, looksAt, terms } from './looks.ts'

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
  metrics: Object.fromEntries(
    Object.entries(today.metrics).map(([name, { strands, release }]) => {
      const [strand] = strands
      const fail = { logs: strand?.cuts[0]?.logs.limit, ...strand?.capital.limit }
      return [name, { fail, step: release, release }]
    }),
  ),
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

  test('of today stays as it is', () => {
    expect(readEvidence(today, MEASURES)).toEqual(today)
  })
})
