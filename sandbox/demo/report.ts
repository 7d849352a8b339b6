import { table } from '../load/format.ts'
import type { DemoCase } from './cases.ts'
import { failedMetrics } from './judge-status.ts'
import { exitStatus, percent } from './judge.ts'
import type { CaseReport } from './judge.ts'

const HEADINGS = ['CASE', 'EXPECTED', 'SEEN', 'TIME', 'FOREIGN', '']

/** The end of the demo: a table of what was expected and what was seen, all differences, and the outcome. */
export function reportText(cases: readonly DemoCase[], reports: readonly CaseReport[]): string {
  const asExpected = exitStatus(cases, reports) === 0
  return [
    table(HEADINGS, reports.map(row)),
    "FOREIGN: failed requests that are not the app's own errors; 0 are allowed",
    ...(asExpected ? [] : [differing(reports).join('\n')]),
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
