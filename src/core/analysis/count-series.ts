import { increase } from './counters.ts'
import type { Series, Window } from './counters.ts'
import type { Counts } from './evidence.ts'
import type { LabeledSeries } from './istio.ts'

/** What two selectors of counters say, for the sequential test. */

/** Raw counters of which the bad ones are a part of the total. */
export interface CountSeries {
  readonly bad: readonly LabeledSeries[]
  readonly total: readonly LabeledSeries[]
}

const SEPARATOR = '\n'

/**
 * What a version did in a window, and how much of it went wrong. Both kinds of counters are handed over together: a
 * target that was scraped before without its first bad one tells that this one began at 0.
 *
 * Throws a RangeError when more went wrong than was done at all: then the bad ones are no part of the total, and no test
 * makes sense of them.
 */
export function countsOf({ bad, total }: CountSeries, version: string, window: Window): Counts {
  const sums = increase(keyedSeries({ bad, total }), window)
  const counts = { total: sums.get(keyOf('total', version)) ?? 0, bad: sums.get(keyOf('bad', version)) ?? 0 }
  if (counts.bad <= counts.total) return counts
  throw new RangeError(
    `the counters of "bad" rose by ${counts.bad} for version ${version}, those of "total" by ${counts.total} only: "total" must count the bad ones, too`,
  )
}

/** Versions that the counters tell apart, each once; the empty one is of counters without the label. */
export function versionsIn({ bad, total }: CountSeries): string[] {
  return [...new Set([...total, ...bad].map(({ version }) => version))].toSorted()
}

/** The counters by what they count and version; the end of a look follows from them, too. */
export function keyedSeries({ bad, total }: CountSeries): Series[] {
  return [...keyed('bad', bad), ...keyed('total', total)]
}

function keyed(what: 'bad' | 'total', series: readonly LabeledSeries[]): Series[] {
  return series.map(({ version, instance, samples }) => ({ key: keyOf(what, version), instance, samples }))
}

function keyOf(what: 'bad' | 'total', version: string): string {
  return what + SEPARATOR + version
}
