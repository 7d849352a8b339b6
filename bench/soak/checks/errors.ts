import type { LoadReport } from '../../../sandbox/load/index.ts'

/** A time in which errors are somebody else's doing. */
export interface Excuse {
  /** Where; absent: everywhere. */
  readonly namespace?: string
  readonly why: string
  /** Milliseconds since the epoch; `to` is absent while it lasts. */
  readonly from: number
  to?: number
}

/** How long after its cause an error may still come (milliseconds). */
const MARGIN_MS = 3_000

/** Errors that nobody but Sluice can have made, one line a kind; the app's own errors are none. */
export function unexcused(
  namespace: string,
  report: Pick<LoadReport, 'foreign'>,
  excuses: readonly Excuse[],
): string[] {
  const mine = excuses.filter((excuse) => excuse.namespace === undefined || excuse.namespace === namespace)
  return report.foreign.flatMap(({ origin, status, code, seconds, first }) => {
    const open = Object.entries(seconds).filter(([second]) => !isExcused(Number(second) * 1000, mine))
    const count = open.reduce((sum, [, number]) => sum + number, 0)
    if (count === 0) return []
    const [[second] = ['0']] = open
    const at = new Date(Number(second) * 1000).toISOString()
    return [`${count} x ${origin} ${status ?? code} without an excuse, first at ${at}: ${first.body}`]
  })
}

/** How many errors there were, excused or not. */
export function excusedCount(report: Pick<LoadReport, 'foreign'>): number {
  return report.foreign.reduce((sum, { count }) => sum + count, 0)
}

/** @param second its beginning, milliseconds since the epoch */
function isExcused(second: number, excuses: readonly Excuse[]): boolean {
  return excuses.some(({ from, to = Infinity }) => second + 1000 > from && second <= to + MARGIN_MS)
}
