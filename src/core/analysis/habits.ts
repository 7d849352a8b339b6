import type { Window } from './counters.ts'
import { countMeasure } from './counting.ts'
import { initialEvidence, evidenceOf } from './evidence.ts'
import type { Looks } from './evidence.ts'
import type { Habit, Outlook, SideOutlook } from './forecast.ts'
import { sumOfBuckets } from './histogram.ts'
import type { Bucket } from './histogram.ts'
import { tallies } from './istio.ts'
import type { Tally } from './istio.ts'
import type { Measure } from './measures.ts'
import { REPORTERS, seriesOf } from './readings.ts'
import type { Readings } from './readings.ts'
import type { CutLook, Reporter, StrandLook } from './strands.ts'
import { traitsOf } from './traits.ts'

/** What an hour tells of a service. */
export interface HourSeen {
  /** Milliseconds since the epoch. */
  readonly fromMs: number
  /** Time of which there are counters. */
  readonly knownMs: number
  /** Requests to all versions, by side. */
  readonly requests: Readonly<Record<Reporter, number>>
  /** What stable brought, by the name of the measure, as a look of a release would have counted it. */
  readonly looks: Looks
  /** Latencies of stable, as the side counted them that latencies are taken from. */
  readonly buckets: readonly Bucket[]
  /** Of its native histogram, see `LabeledSeries`. */
  readonly growth?: number
  /** Pods of stable; 0 where they have no proxies of their own. */
  readonly pods: number
}

interface Hour {
  readonly readings: Readings
  readonly window: Window
}

/** A version that nobody has: labels have no slash. */
const NOBODY = 'no/version'

/**
 * What an hour tells; undefined when nothing was scraped.
 * @param alpha chance (0–1) of taking a sound pod for an outlier
 */
export function hourSeen(
  { readings, window }: Hour,
  stable: string,
  { measures, alpha }: { readonly measures: readonly Measure[]; readonly alpha: number },
): HourSeen | undefined {
  const knownMs = knownTime(readings, window)
  if (knownMs <= 0) return undefined
  const traits = traitsOf(readings, stable, { window, alpha })
  const sight = { readings, versions: { canary: NOBODY, stable }, window, canaryIsGone: false }
  const nothing = initialEvidence(measures, 1)
  const looks = measures.flatMap((measure) => {
    const look = countMeasure(measure, evidenceOf(nothing, measure.name), sight, traits)
    return look === undefined ? [] : [[measure.name, look] as const]
  })
  const latencySide = REPORTERS.toReversed().find((side) => traits.buckets(side).length > 0)
  const own = readings.Destination.requests.filter(({ version }) => version === stable)
  return {
    fromMs: window.fromMs,
    knownMs,
    requests: {
      Source: sum(requestsByVersion(readings, 'Source', window).values()),
      Destination: sum(requestsByVersion(readings, 'Destination', window).values()),
    },
    looks: Object.fromEntries(looks),
    buckets: latencySide === undefined ? [] : traits.buckets(latencySide),
    ...growthIn(readings),
    pods: new Set(own.map(({ pod, instance }) => pod ?? instance)).size,
  }
}

function growthIn(readings: Readings): Pick<HourSeen, 'growth'> {
  const found = seriesOf(readings).find(({ growth }) => growth !== undefined)
  return found?.growth === undefined ? {} : { growth: found.growth }
}

/** The version with the most requests; undefined when there were none. */
export function busiestVersion({ readings, window }: Hour): string | undefined {
  const found = REPORTERS.flatMap((side) => [...requestsByVersion(readings, side, window)])
  const known = found.filter(([version, requests]) => version !== '' && requests > 0)
  return known.toSorted(([, a], [, b]) => b - a)[0]?.[0]
}

function requestsByVersion(readings: Readings, side: Reporter, window: Window): Map<string, number> {
  const found = [...tallies(readings[side].requests, window)]
  return new Map(found.map(([version, tally]) => [version, totalOf(tally)]))
}

function totalOf({ good, error, clientError }: Tally): number {
  return good + error + clientError
}

function knownTime(readings: Readings, { fromMs, toMs }: Window): number {
  let [first, last] = [toMs, fromMs]
  for (const { samples } of seriesOf(readings)) {
    first = Math.min(first, samples[0]?.[0] ?? first)
    last = Math.max(last, samples.at(-1)?.[0] ?? last)
  }
  return Math.min(toMs, last) - Math.max(fromMs, first)
}

/** Requests a second of an hour, to all versions. */
export interface Rate {
  readonly perSecond: number
  /** When the hour began; milliseconds since the epoch. */
  readonly fromMs: number
}

/** What can be expected of a service. */
export interface Habits {
  readonly outlooks: readonly Outlook[]
  /** Of the hour in the middle, if all are put in order. */
  readonly usual: Rate
  readonly quietest: Rate
  readonly busiest: Rate
  readonly pods: number
  readonly buckets: readonly Bucket[]
  /** Of the native histogram of the latest hour, see `LabeledSeries`. */
  readonly growth?: number
  /** Time of which there are counters (milliseconds). */
  readonly knownMs: number
}

/** An hour of which less is known says nothing of the rate, unless there is no other (milliseconds). */
const LEAST_KNOWN_MS = 1_800_000

/** What hours tell together; undefined without any. @param hours in the order of time */
export function habitsOf(hours: readonly HourSeen[], measures: readonly Measure[]): Habits | undefined {
  const long = hours.filter(({ knownMs }) => knownMs >= LEAST_KNOWN_MS)
  const rates = (long.length > 0 ? long : hours).map(rateOf).toSorted((a, b) => a.perSecond - b.perSecond)
  const [quietest, usual, busiest] = [rates[0], rates[Math.floor(rates.length / 2)], rates.at(-1)]
  const latest = hours.at(-1)
  if (quietest === undefined || usual === undefined || busiest === undefined) return undefined
  return {
    outlooks: measures.map((measure) => outlookOf(measure, hours)),
    usual,
    quietest,
    busiest,
    pods: latest?.pods ?? 0,
    ...(latest?.growth !== undefined && { growth: latest.growth }),
    buckets: bucketsOfAll(hours),
    knownMs: hours.reduce((known, hour) => known + hour.knownMs, 0),
  }
}

function rateOf({ requests, knownMs, fromMs }: HourSeen): Rate {
  return { perSecond: Math.max(requests.Source, requests.Destination) / (knownMs / 1000), fromMs }
}

/** Cuts are those that a release would choose that begins now. */
function outlookOf(measure: Measure, hours: readonly HourSeen[]): Outlook {
  const strands = hours.map(({ looks }) => looks[measure.name]?.strands ?? [])
  const latest = strands.findLast((some) => some.some(({ total }) => total.stable > 0)) ?? []
  const most = Math.max(...REPORTERS.map((side) => sum(hours.map(({ requests }) => requests[side]))))
  const sides = latest.map(({ reporter, cuts }): SideOutlook => {
    const same = strands.flatMap((some) => some.filter((one) => one.reporter === reporter))
    const seen = sum(hours.map(({ requests }) => requests[reporter]))
    return { reporter, part: seen / most, cuts: cuts.map((cut) => habitOf(cut, same)) }
  })
  return { measure, sides: sides.filter(({ part }) => part > 0) }
}

function habitOf({ at, isLimit }: CutLook, strands: readonly StrandLook[]): Habit {
  const found = strands.flatMap(({ total, cuts }) => {
    const cut = cuts.find((one) => one.at === at && one.isLimit === isLimit)
    return cut === undefined ? [] : [{ total: total.stable, bad: cut.bad.stable, phi: cut.phi }]
  })
  const phis = found.map(({ phi }) => phi).toSorted((a, b) => a - b)
  const total = sum(found.map((one) => one.total))
  return {
    ...(at !== undefined && { at }),
    ...(isLimit && { isLimit }),
    phi: phis[Math.floor(phis.length / 2)] ?? 1,
    share: total === 0 ? 0 : sum(found.map(({ bad }) => bad)) / total,
  }
}

function bucketsOfAll(hours: readonly HourSeen[]): Bucket[] {
  return sumOfBuckets(hours.map(({ buckets }) => buckets))
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0)
}
