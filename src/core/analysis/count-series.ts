import { increase } from './counters.ts'
import type { Series, Window } from './counters.ts'
import type { Counts } from './evidence.ts'
import type { LabeledSeries } from './istio.ts'
import type { Pair } from './strands.ts'

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

/** At most so many versions are shown. */
const SHOWN = 3

/**
 * Why the counters can tell nothing of a release, in words; undefined where they know one of its versions, or where there
 * are none yet.
 * @param label that is to hold the version
 */
export function anonymityOf(
  { total }: CountSeries,
  label: string,
  { canary, stable }: Pair<string>,
): string | undefined {
  const known = new Set(total.map(({ version }) => version))
  if (total.length === 0 || known.has(canary) || known.has(stable)) return undefined
  return `no counter of "total" has ${label}="${stable}" or ${label}="${canary}": ${foundText(known, label)}; give the metric a label with the version of the pod, and name it in counts.versionLabel`
}

function foundText(known: ReadonlySet<string>, label: string): string {
  const named = [...known].filter((version) => version !== '').toSorted()
  if (named.length === 0) return `their label ${label} is missing`
  const more = named.length > SHOWN ? ` and ${named.length - SHOWN} more` : ''
  return `found ${named.slice(0, SHOWN).join(', ')}${more}${known.has('') ? ', and some without the label' : ''}`
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
