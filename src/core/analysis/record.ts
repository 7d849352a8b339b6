import { evidenceOf, harmOf } from './evidence.ts'
import type { Evidence, MetricEvidence } from './evidence.ts'
import { passLogE } from './judge-compared.ts'
import type { Measure } from './measures.ts'
import { splitLogE } from './split.ts'
import type { Strand } from './strands.ts'
import { VERDICTS } from './verdict.ts'
import type { Judgement, MetricVerdict, Verdict } from './verdict.ts'

/**
 * What the looks of a step found, kept for whoever asks later why a release went as it did. Nothing is decided by it. It
 * does not grow: of a long step there are fewer looks a minute than of a short one.
 */

/** One look at one metric. */
export interface KeptLook {
  /** Seconds since the step began. */
  readonly at: number
  readonly verdict: Verdict
  /** Natural logarithm of the evidence against the canary: of harm, or of a split that is wrong. */
  readonly against: number
  /** Natural logarithm of the evidence for it; absent where it passes by an estimate. */
  readonly pass?: number
  /** Requests of this step so far, of the canary and of stable, each with the bad ones; absent for a plain number. */
  readonly counts?: readonly [canary: number, canaryBad: number, stable: number, stableBad: number]
  /** The plain number that was read last. */
  readonly value?: number
}

/** A look as it is stored: many are, with each heartbeat. `pass` null: none; then four counts, or one number. */
type StoredLook = readonly [
  at: number,
  verdict: number,
  against: number,
  pass: number | null,
  ...rest: readonly number[],
]

/** The looks of one metric at one step, oldest first, and what they said at the end. */
export interface KeptMetric {
  readonly looks: readonly StoredLook[]
  /** The verdict of the last look in words. */
  readonly said: Pick<MetricVerdict, 'verdict' | 'limit' | 'evidence'>
}

/** The looks of one step. */
export interface StepRecord {
  /** Index of the step, from 0. */
  readonly step: number
  /** When it began; milliseconds since the epoch. */
  readonly startedAt: number
  /** By the name of the metric. */
  readonly metrics: Readonly<Record<string, KeptMetric>>
}

/** Looks that are kept of one metric at one step. */
export const MOST_LOOKS = 24

/** A look that is over: what was known after it, and what was said of it. */
export interface PastLook {
  readonly evidence: Evidence
  readonly judgement: Judgement
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The record after one more look; one of another step begins anew. Throws a RangeError for a metric without evidence. */
export function recordLook(
  before: StepRecord,
  { evidence, judgement, at }: PastLook,
  measures: readonly Measure[],
): StepRecord {
  const seconds = Math.max(0, Math.round((at - before.startedAt) / 1000))
  const entries = measures.flatMap((measure, index): [string, KeptMetric][] => {
    const told = judgement.metrics[index]
    if (told === undefined) return []
    const look = keptLook(measure, evidenceOf(evidence, measure.name), { told, seconds })
    const looks = thinned([...(before.metrics[measure.name]?.looks ?? []), stored(look)])
    const { verdict, limit, evidence: sentence } = told
    return [[measure.name, { looks, said: { verdict, limit, evidence: sentence } }]]
  })
  return { ...before, metrics: Object.fromEntries(entries) }
}

function keptLook(
  { kind }: Measure,
  seen: MetricEvidence,
  { told, seconds }: { readonly told: MetricVerdict; readonly seconds: number },
): KeptLook {
  const { verdict } = told
  if (kind === 'Number') {
    const value = seen.number?.lastValue
    return { at: seconds, verdict, against: 0, ...(value !== undefined && { value }) }
  }
  const { strands, split } = seen
  const against = kind === 'TrafficSplit' ? split && splitLogE(split) : harmOf(seen).logE
  const pass = passLogE(seen)
  const [strand] = strands
  return {
    at: seconds,
    verdict,
    against: rounded(against ?? 0),
    ...(pass !== undefined && { pass: rounded(pass) }),
    ...(strand && { counts: countsOf(strand) }),
  }
}

function countsOf({ total, bad }: Strand): readonly [number, number, number, number] {
  // The first cut; of latency it is that of the limit, which people know.
  const [canary = 0] = bad.canary
  const [stable = 0] = bad.stable
  // Of a request that spans a look each has a part.
  return [Math.round(total.canary), Math.round(canary), Math.round(total.stable), Math.round(stable)]
}

function stored({ at, verdict, against, pass, counts, value }: KeptLook): StoredLook {
  const rest = counts ?? (value === undefined ? [] : [value])
  return [at, VERDICTS.indexOf(verdict), against, pass ?? null, ...rest]
}

/** The looks of a metric as they were. */
export function looksOf({ looks }: KeptMetric): KeptLook[] {
  return looks.map(([at, verdict, against, pass, ...rest]) => {
    const [canary = 0, canaryBad, stable = 0, stableBad = 0] = rest
    return {
      at,
      verdict: VERDICTS[verdict] ?? 'Unsure',
      against,
      ...(pass !== null && { pass }),
      ...(rest.length === 1 && { value: canary }),
      ...(canaryBad !== undefined && { counts: [canary, canaryBad, stable, stableBad] as const }),
    }
  })
}

/** To two digits behind the point: nobody reads more from a chart. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

/**
 * At most {@link MOST_LOOKS}, the last and all changes of the verdict among them as far as they fit: whenever there is
 * one too many, that look goes whose neighbours are closest in time.
 */
function thinned(looks: readonly StoredLook[]): readonly StoredLook[] {
  if (looks.length <= MOST_LOOKS) return looks
  const inner = looks.slice(1, -1).map((look, index) => {
    const [before, after] = [looks[index], looks[index + 2]]
    const isChange = before?.[1] !== look[1]
    return { index: index + 1, isChange, room: (after?.[0] ?? 0) - (before?.[0] ?? 0) }
  })
  const [least] = inner.toSorted((a, b) => Number(a.isChange) - Number(b.isChange) || a.room - b.room)
  return thinned(looks.toSpliced(least?.index ?? 1, 1))
}

/**
 * Records of the same step as one: an observer may have handed over to the next, or a step may have begun anew. In the
 * order in which the steps were.
 */
export function joined(records: readonly StepRecord[]): StepRecord[] {
  return records.reduce<StepRecord[]>((known, next) => {
    const last = known.at(-1)
    if (last === undefined || last.step !== next.step) return [...known, next]
    return [...known.slice(0, -1), join(last, next)]
  }, [])
}

function join(before: StepRecord, after: StepRecord): StepRecord {
  const laterBy = Math.round((after.startedAt - before.startedAt) / 1000)
  const entries = Object.entries(after.metrics).map(([name, { looks, said }]): [string, KeptMetric] => {
    const moved = looks.map(([at, ...rest]): StoredLook => [at + laterBy, ...rest])
    return [name, { said, looks: thinned([...(before.metrics[name]?.looks ?? []), ...moved]) }]
  })
  return { ...before, metrics: { ...before.metrics, ...Object.fromEntries(entries) } }
}
