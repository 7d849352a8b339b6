import { boundariesOf } from './boundaries.ts'
import type { Window } from './counters.ts'
import type { MetricEvidence, MetricLook } from './evidence.ts'
import { cutsOf } from './cuts.ts'
import { exceedance } from './histogram.ts'
import { badOf, bucketsOf, tallies } from './istio.ts'
import type { LabeledSeries, Tally } from './istio.ts'
import { limitMsOf } from './measures.ts'
import type { Measure } from './measures.ts'
import { heldAt } from './native-histogram.ts'
import { REPORTERS } from './readings.ts'
import type { Readings } from './readings.ts'
import type { CutLook, Pair, Reporter, StrandLook } from './strands.ts'
import type { Traits } from './traits.ts'

/** What one look reads, and whose requests it counts. */
export interface Sight {
  readonly readings: Readings
  readonly versions: Pair<string>
  readonly window: Window
  /** The canary has no pod that could answer: what nobody answered was meant for it. */
  readonly canaryIsGone: boolean
}

/**
 * What a look brings for a measure; undefined while too little is known of stable to choose boundaries.
 * @param seen the evidence so far: it says what the measure goes by
 */
export function countMeasure(
  measure: Measure,
  seen: MetricEvidence,
  sight: Sight,
  traits: Traits,
): MetricLook | undefined {
  const strands =
    measure.kind === 'Latency'
      ? latencyStrands(measure, seen, sight, traits)
      : codeStrands(measure, sight, traits)
  if (strands === undefined) return undefined
  const incomparable = incomparableOf(measure, traits)
  const unattributed = measure.kind === 'ErrorRate' ? lostIn(sight) : 0
  return {
    strands,
    ...(unattributed > 0 && { unattributed }),
    ...(incomparable !== undefined && { incomparable }),
  }
}

/** Why stable is no measure for errors, if it is not. */
function incomparableOf({ kind, vsStable }: Measure, traits: Traits): string | undefined {
  const outcome = kind === 'Latency' ? undefined : OUTCOME[kind]
  const pod = vsStable && outcome ? traits.outlier({ outcome }) : undefined
  if (pod === undefined) return undefined
  return `pod ${pod} of stable fails far more than the others: stable is no measure until it is well or gone`
}

const OUTCOME = {
  ErrorRate: 'error',
  ClientErrorRate: 'clientError',
  TrafficSplit: undefined,
  Counts: undefined,
  Number: undefined,
} as const

function codeStrands(measure: Measure, sight: Sight, traits: Traits): StrandLook[] {
  const outcome = measure.kind === 'Latency' ? undefined : OUTCOME[measure.kind]
  const sides = REPORTERS.filter((reporter) => knowsVersions(sight.readings[reporter].requests, sight))
  const used = outcome === undefined ? sides.slice(0, 1) : sides
  return used.map((reporter) => {
    const found = tallies(sight.readings[reporter].requests, sight.window)
    const pair = pairOf(sight.versions, (version) =>
      badOf(tallyOf(found, version, sight), outcome ?? 'error'),
    )
    const total = { canary: pair.canary.total, stable: pair.stable.total }
    const bad = { canary: pair.canary.bad, stable: pair.stable.bad }
    const cuts = outcome === undefined ? [] : [{ bad, ...traits.of({ reporter, outcome }) }]
    return { reporter, total, cuts }
  })
}

const NO_REQUESTS: Tally = { good: 0, error: 0, clientError: 0 }

/** A canary without pods answers for what no pod answered. */
function tallyOf(found: ReadonlyMap<string, Tally>, version: string, sight: Sight): Tally {
  const own = found.get(version) ?? NO_REQUESTS
  if (version !== sight.versions.canary || !sight.canaryIsGone) return own
  return { ...own, error: own.error + (found.get('')?.error ?? 0) }
}

/** Requests that failed without a pod to be charged with them. */
function lostIn({ readings, window }: Sight): number {
  return tallies(readings.Source.requests, window).get('')?.error ?? 0
}

function latencyStrands(
  measure: Measure,
  seen: MetricEvidence,
  sight: Sight,
  traits: Traits,
): StrandLook[] | undefined {
  const reporter = seen.strands[0]?.reporter ?? latencySide(sight)
  if (reporter === undefined) return []
  const series = sight.readings[reporter].latencies
  const buckets = pairOf(sight.versions, (version) => bucketsOf(series, version, sight.window))
  const before = { fromMs: -Infinity, toMs: sight.window.fromMs, startedMs: Infinity }
  // A service that is young, or that nobody scraped for long, has minutes instead of an hour.
  const lately = () => boundariesOf(bucketsOf(series, sight.versions.stable, before))
  const growth = series.find((one) => one.growth !== undefined)?.growth
  const places = placesOf(measure, seen, {
    limit: (limitMs) => heldAt(limitMs, growth) ?? limitMs,
    shape: () => boundariesOf(traits.buckets(reporter)) ?? lately(),
  })
  if (places === undefined) return undefined
  const cuts = places.map(({ at, isLimit }): CutLook => {
    // A native histogram may have no boundary just there: what may be slower counts, so that the limit is never laxer.
    const how = isLimit && heldAt(at, growth) !== undefined ? 'pass' : 'fail'
    const bad = pairOf(sight.versions, (_, side) => exceedance(buckets[side], at, how))
    return { at, ...(isLimit && { isLimit }), bad, ...traits.of({ reporter, slowerThan: at }) }
  })
  const total = pairOf(sight.versions, (_, side) => buckets[side].at(-1)?.count ?? 0)
  return [{ reporter, total, cuts }]
}

interface PlaceOfCut {
  readonly at: number
  readonly isLimit?: true
}

/** Where latencies are cut: as the evidence does it, or as is chosen now. */
function placesOf(
  measure: Measure,
  { strands }: MetricEvidence,
  choose: {
    readonly limit: (limitMs: number) => number
    readonly shape: () => readonly number[] | undefined
  },
): PlaceOfCut[] | undefined {
  if (strands[0] !== undefined)
    return cutsOf(strands[0]).map(({ at = 0, isLimit }) => ({ at, ...(isLimit && { isLimit }) }))
  const limitMs = limitMsOf(measure)
  const limit: PlaceOfCut[] = limitMs === undefined ? [] : [{ at: choose.limit(limitMs), isLimit: true }]
  if (!measure.vsStable && !measure.vsHistory) return limit
  const chosen = choose.shape()
  return chosen && [...limit, ...chosen.map((at) => ({ at }))]
}

/** Pods' own proxies know best how long an answer took; callers' are used where those are not scraped. */
function latencySide({ readings, versions }: Sight): Reporter | undefined {
  return REPORTERS.toReversed().find((reporter) =>
    readings[reporter].latencies.some(({ version }) => version === versions.stable),
  )
}

function knowsVersions(series: readonly LabeledSeries[], { versions }: Sight): boolean {
  return series.some(({ version }) => version === versions.stable || version === versions.canary)
}

function pairOf<T>(versions: Pair<string>, of: (version: string, side: keyof Pair<string>) => T): Pair<T> {
  return { canary: of(versions.canary, 'canary'), stable: of(versions.stable, 'stable') }
}
