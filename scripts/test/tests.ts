import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './program.ts'
import type { Tally } from './tally.ts'

/** What is needed of vitest's JSON report. */
export interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** Runs a project of vitest.config.ts, with its progress shown, and counts its tests. */
export async function runTests(project: string): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-report-'))
  const file = join(folder, 'report.json')
  try {
    const status = await runProgram(['vitest', 'run', `--project=${project}`, ...reporters(file)])
    return tallyOf(status, readReport(file))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Counts a report; undefined when vitest died before it wrote one. */
export function tallyOf(status: number, report: Report | undefined): Tally {
  if (report === undefined) return { passed: 0, failed: 1, status }
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  )
  const failed = report.numFailedTests + brokenFiles.length
  // Some failures belong to no test: an unhandled rejection, a global set-up.
  const elsewhere = status !== 0 && failed === 0 ? 1 : 0
  return { passed: report.numPassedTests, failed: failed + elsewhere, status }
}

function reporters(file: string): string[] {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
}

function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}
