import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../scripts/test/program.ts'
import { lastLine, summary } from '../../scripts/test/tally.ts'
import { tallyOf } from '../../scripts/test/tests.ts'

const file = (status: string, ...tests: string[]) => ({
  name: join(root, 'test/some.test.ts'),
  status,
  message: status === 'failed' ? 'no such module\n  at line 1' : '',
  assertionResults: tests.map((test, index) => ({
    fullName: `case ${index}`,
    status: test,
    failureMessages: test === 'failed' ? ['Error: 1 is not 2\n  at line 3'] : [],
  })),
})

describe('counting a report of vitest', () => {
  it('counts what passed and what failed', () => {
    const testResults = [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')]
    const report = { numPassedTests: 3, numFailedTests: 1, testResults }
    expect(tallyOf(1, report)).toEqual({
      passed: 3,
      failed: 1,
      status: 1,
      failures: ['test/some.test.ts > case 1: Error: 1 is not 2'],
    })
  })

  it('counts a file that could not be loaded as one failure', () => {
    const report = {
      numPassedTests: 1,
      numFailedTests: 0,
      testResults: [file('passed', 'passed'), file('failed')],
    }
    expect(tallyOf(1, report)).toEqual({
      passed: 1,
      failed: 1,
      status: 1,
      failures: ['test/some.test.ts: no such module'],
    })
  })

  it('counts a file whose set-up failed, so that its tests were skipped, as one failure', () => {
    const report = {
      numPassedTests: 0,
      numFailedTests: 0,
      testResults: [file('failed', 'skipped', 'skipped')],
    }
    expect(tallyOf(1, report)).toMatchObject({ failed: 1 })
  })

  it('counts an error outside of all tests as one failure', () => {
    const report = { numPassedTests: 1, numFailedTests: 0, testResults: [file('passed', 'passed')] }
    expect(tallyOf(1, report)).toEqual({ passed: 1, failed: 1, status: 1, failures: [] })
  })

  it('counts a run that left no report as one failure', () => {
    expect(tallyOf(130, undefined)).toEqual({ passed: 0, failed: 1, status: 130 })
  })
})

describe('the summary', () => {
  const outcomes = [
    { name: 'lint', passed: 1, failed: 0, status: 0, ms: 1234 },
    { name: 'unit tests', passed: 10, failed: 2, status: 1, ms: 65_000 },
  ]

  it('ends with the sum of everything', () => {
    expect(summary(outcomes).at(-1)).toBe('11 passed, 2 failed')
    expect(lastLine([])).toBe('0 passed, 0 failed')
  })

  it('names what failed, ten at most, since the last lines of a log are what one sees first', () => {
    const failures = Array.from({ length: 12 }, (_, index) => `test ${index}: wrong`)
    const lines = summary([{ name: 'unit tests', passed: 0, failed: 12, status: 1, ms: 1, failures }])
    expect(lines.slice(1, -1)).toEqual([...failures.slice(0, 10), '… and 2 more'])
  })

  it('shows each part with its result and duration', () => {
    expect(summary(outcomes).slice(0, -1)).toEqual([
      'ok   lint          1.2 s  ',
      'FAIL unit tests   65.0 s  10 passed, 2 failed',
    ])
  })
})
