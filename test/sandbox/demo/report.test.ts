import { expect, it } from 'vitest'
import { DEMO_CASES } from '../../../sandbox/demo/cases.ts'
import { problemsOf } from '../../../sandbox/demo/judge.ts'
import type { CaseReport, Seen } from '../../../sandbox/demo/judge.ts'
import { reportText } from '../../../sandbox/demo/report.ts'
import { found, seenOf } from './seen.ts'

function reportOf(index: number, changes: Partial<Seen> = {}): CaseReport {
  const demo = found(DEMO_CASES[index])
  const seen = { ...seenOf(demo), ...changes }
  return { demo, seen, seconds: 12.3, problems: problemsOf(demo, seen) }
}

const asExpected = DEMO_CASES.map((_, index) => reportOf(index))
const stale = { listed: 'shop  details', told: 'a fault', seconds: 12.3, problems: [] }

it('the report shows what was expected and seen, within 80 columns', () => {
  const text = reportText(DEMO_CASES, { releases: asExpected, stale })
  expect(text.split('\n').slice(0, 3)).toEqual([
    'CASE   EXPECTED                    SEEN                        TIME  FOREIGN',
    'a  v2  Promoted 5, 20, 50, 100 %   Promoted 5, 20, 50, 100 %   12 s  0        ok',
    'b  v3  RolledBack 5 %: error-rate  RolledBack 5 %: error-rate  12 s  0        ok',
  ])
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80)
  expect(text.split('\n').at(-1)).toBe('All as expected.')
})

it('the report repeats each problem at its end', () => {
  const reports = asExpected.with(1, reportOf(1, { weights: [5, 20], foreignErrors: 2 }))
  const text = reportText(DEMO_CASES, { releases: reports, stale })
  expect(text).toContain('RolledBack 5, 20 %: error-rate')
  expect(text).toContain("!! b  v3  errors that are not the app's: expected 0, seen 2")
  expect(text.split('\n').at(-1)).toBe('NOT as expected.')
})
