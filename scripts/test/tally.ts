/** How a part of the tests ended. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  /** Exit status of the program; 130 means that somebody interrupted it. */
  readonly status: number
  /** What failed and why, a line each. */
  readonly failures?: readonly string[]
}

export const INTERRUPTED = 130
const SHOWN_FAILURES = 10

/** One line of the summary. */
export interface Outcome extends Tally {
  readonly name: string
  readonly ms: number
}

/** The summary: a line for each part, what failed, and the line that ends everything. */
export function summary(outcomes: readonly Outcome[]): string[] {
  const width = Math.max(0, ...outcomes.map((outcome) => outcome.name.length))
  const lines = outcomes.map((outcome) => {
    const mark = outcome.failed === 0 ? 'ok  ' : 'FAIL'
    return `${mark} ${outcome.name.padEnd(width)} ${seconds(outcome.ms).padStart(8)}  ${counts(outcome)}`
  })
  return [...lines, ...outcomes.flatMap(shownFailures), lastLine(outcomes)]
}

function shownFailures({ failures = [] }: Tally): string[] {
  const hidden = failures.length - SHOWN_FAILURES
  return [...failures.slice(0, SHOWN_FAILURES), ...(hidden > 0 ? [`… and ${hidden} more`] : [])]
}

/** `N passed, N failed` */
export function lastLine(tallies: readonly Tally[]): string {
  const sum = (key: 'passed' | 'failed') => tallies.reduce((total, tally) => total + tally[key], 0)
  return `${sum('passed')} passed, ${sum('failed')} failed`
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

// Of a gate, "ok" says it all.
function counts(tally: Tally): string {
  return tally.passed + tally.failed > 1 ? lastLine([tally]) : ''
}
