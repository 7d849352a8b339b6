import { table } from '../load/format.ts'
import type { DemoCase } from './cases.ts'
import { failedMetrics } from './judge-status.ts'
import { exitStatus, percent } from './judge.ts'
import type { CaseReport, DemoReports } from './judge.ts'
import { STALE_CASE } from './stale.ts'
import type { StaleReport } from './stale.ts'

const FOUND = 'found, shown, taken out'
const HEADINGS = ['CASE', 'EXPECTED', 'SEEN', 'TIME', 'FOREIGN', '']

/** The end of the demo: a table of what was expected and what was seen, all differences, and the outcome. */
export function reportText(cases: readonly DemoCase[], reports: DemoReports): string {
  const asExpected = exitStatus(cases, reports) === 0
  const { releases, stale } = reports
  return [
    table(HEADINGS, [...releases.map(row), staleRow(stale)]),
    "FOREIGN: failed requests that are not the app's own errors; 0 are allowed",
    ...(asExpected ? [] : [[...differing(releases), ...staleLines(stale)].join('\n')]),
    asExpected ? 'All as expected.' : 'NOT as expected.',
  ].join('\n\n')
}

function row({ demo, seen, seconds, problems }: CaseReport): string[] {
  const { result, weights, failed, probe } = demo.expected
  const { history, verdicts } = seen.rollout.status ?? {}
  const failing = { expected: failedProbe(probe), seen: failedProbe(seen.probe) }
  return [
    `${demo.id}  ${demo.version}`,
    course(result, weights, [...failed, ...failing.expected]),
    course(history?.[0]?.result ?? 'nothing', seen.weights, [...failedMetrics(verdicts), ...failing.seen]),
    `${seconds.toFixed(0)} s`,
    String(seen.foreignErrors),
    problems.length === 0 ? 'ok' : '!!',
  ]
}

function staleRow({ problems, seconds }: StaleReport): string[] {
  const seen = problems.length === 0 ? FOUND : 'something else'
  return [
    `${STALE_CASE.id}  -`,
    FOUND,
    seen,
    `${seconds.toFixed(0)} s`,
    '0',
    problems.length === 0 ? 'ok' : '!!',
  ]
}

function staleLines({ problems }: StaleReport): string[] {
  return problems.map((line) => `!! ${STALE_CASE.id}  ${line}`)
}

function failedProbe(state: string | undefined): string[] {
  return state === 'Failed' ? ['probe'] : []
}

/** A release in a few words, such as `RolledBack 5 %: p99`; short, since the table has to fit into 80 columns. */
function course(result: string, weights: readonly number[], failed: readonly string[]): string {
  const steps = `${result} ${percent(weights)}`
  return failed.length === 0 ? steps : `${steps}: ${failed.join(', ')}`
}

function differing(reports: readonly CaseReport[]): string[] {
  return reports
    .filter(({ problems }) => problems.length > 0)
    .flatMap(({ demo, problems }) => problems.map((line) => `!! ${demo.id}  ${demo.version}  ${line}`))
}

/** How a case ended, in one line, and what was not as expected below it. */
export function endText({ demo, seen, seconds, problems }: CaseReport, mark: string): string {
  const { history, stableVersion } = seen.rollout.status ?? {}
  const result = history?.[0]?.result ?? `nothing became of ${demo.version}`
  const asExpected = problems.length === 0 ? 'as expected' : 'NOT as expected'
  return [
    ...Object.entries(seen.met).map(
      ([name, count]) => `   ${count} calls of ${name} met the fault, and none of others`,
    ),
    `${mark} ${result}, users have ${stableVersion ?? '?'}, ${asExpected}, after ${seconds.toFixed(0)} s`,
    ...problems.map((line) => `   ${line}`),
  ].join('\n')
}

/** How the stale fault was found, as people see it. */
export function staleText({ listed, told, problems, seconds }: StaleReport, mark: string): string {
  const asExpected = problems.length === 0 ? 'as expected' : 'NOT as expected'
  return [
    `   event           ${told}`,
    `   sluice faults   ${listed}`,
    `${mark} ${FOUND}, ${asExpected}, after ${seconds.toFixed(0)} s`,
    ...problems.map((line) => `   ${line}`),
  ].join('\n')
}
