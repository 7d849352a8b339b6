import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { root, runProgram } from './program.ts'
import type { Tally } from './tally.ts'

/** What is needed of vitest's JSON report. */
export interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly TestFile[]
}

interface TestFile {
  /** Its path. */
  readonly name: string
  readonly status: string
  /** Why it could not be run; empty when it could. */
  readonly message: string
  readonly assertionResults: readonly {
    readonly fullName: string
    readonly status: string
    readonly failureMessages?: readonly string[]
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
  const failures = report.testResults.filter((file) => file.status === 'failed').flatMap(failuresOf)
  const broken = report.testResults.filter(isBroken).length
  const failed = report.numFailedTests + broken
  // Some failures belong to no test: an unhandled rejection, a global set-up.
  const elsewhere = status !== 0 && failed === 0 ? 1 : 0
  return { passed: report.numPassedTests, failed: failed + elsewhere, status, failures }
}

/** A file that failed though none of its tests did: it could not be loaded, or set up. */
function isBroken(file: TestFile): boolean {
  return file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed')
}

function failuresOf(file: TestFile): string[] {
  const path = relative(root, file.name)
  if (isBroken(file)) return [`${path}: ${firstLine(file.message)}`]
  return file.assertionResults
    .filter((test) => test.status === 'failed')
    .map((test) => `${path} > ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`)
}

function firstLine(text = ''): string {
  return text.trim().split('\n', 1)[0] ?? ''
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
