import { foreignErrors } from '../../sandbox/load/index.ts'
import type { LoadReport } from '../../sandbox/load/index.ts'
import { sum } from '../statistics.ts'

/** Requests that failed for another reason than the app's own errors. */
export interface Foreign {
  readonly count: number
  /** How many of which kind, one line each. */
  readonly kinds: readonly string[]
}

/** Adds up the foreign errors of several loads. */
export function foreignIn(reports: readonly LoadReport[]): Foreign {
  const counts = new Map<string, number>()
  for (const { origin, status, code, count, last } of reports.flatMap(({ foreign }) => foreign)) {
    const kind = `${origin} ${status ?? code}: ${last.body.split('\n')[0]}`
    counts.set(kind, (counts.get(kind) ?? 0) + count)
  }
  return {
    count: sum(reports.map(foreignErrors)),
    kinds: [...counts].map(([kind, count]) => `${count} x ${kind}`),
  }
}

/** What is wrong about them, one line each; nothing when there are none. */
export function foreignProblems({ count, kinds }: Foreign): string[] {
  if (count === 0) return []
  return [`${count} requests failed for another reason than the app's own errors`, ...kinds]
}
