import { logE, updateEProcess } from './eprocess.ts'
import type { EProcessState } from './eprocess.ts'
import { logSumExp } from './logspace.ts'
import type { Measure } from './measures.ts'
import { AGAINST, paramsOf, processesOf } from './processes.ts'
import type { Course, ProcessName } from './processes.ts'

/** Who counted, see the port MetricsSource. */
export type Reporter = 'Source' | 'Destination'

/** Something of the canary and of stable. */
export interface Pair<T> {
  readonly canary: T
  readonly stable: T
}

/** What one look brought of requests that are bad in one sense. */
export interface CutLook {
  /** Latency: bad is what took longer than this (milliseconds). */
  readonly at?: number
  /** Latency: the limit is here; the other cuts show the shape. */
  readonly isLimit?: true
  /** Bad requests. */
  readonly bad: Pair<number>
  /** Dispersion, at least 1. */
  readonly phi: number
  /** Stable's share (0–1) of bad requests in the hour before the release, at most. */
  readonly past?: number
}

/** What one look brought, as one side counted it. */
export interface StrandLook {
  readonly reporter: Reporter
  /** Requests. */
  readonly total: Pair<number>
  readonly cuts: readonly CutLook[]
}

/** The capital of all cuts of a process: they have the same looks. */
interface Capital {
  readonly spent: number
  readonly looks: number
}

export interface Cut extends Omit<CutLook, 'bad'> {
  /** Bad requests of this step. */
  readonly bad: Pair<number>
  /** Logarithms of the bets of each process. */
  readonly logs: Readonly<Partial<Record<ProcessName, readonly number[]>>>
}

/** The evidence of one metric, as one side counted it. */
export interface Strand {
  readonly reporter: Reporter
  /** Requests of this step. */
  readonly total: Pair<number>
  readonly capital: Readonly<Partial<Record<ProcessName, Capital>>>
  readonly cuts: readonly Cut[]
}

const NOTHING: Pair<number> = { canary: 0, stable: 0 }

/** A strand that has seen nothing, with the cuts of its first look. */
export function initialStrand({ reporter, cuts }: StrandLook, measure: Measure): Strand {
  const processes = processesOf(measure)
  return {
    reporter,
    total: NOTHING,
    capital: {},
    cuts: cuts.map(({ at, isLimit, phi }) => ({
      ...(at !== undefined && { at }),
      ...(isLimit && { isLimit }),
      phi,
      bad: NOTHING,
      logs: Object.fromEntries(
        processes.filter((name) => belongs(name, { at, isLimit })).map((name) => [name, []]),
      ),
    })),
  }
}

/** Shape is compared with stable, and with the hour before; the limit stands at its own boundary. */
function belongs(
  process: ProcessName,
  { at, isLimit }: { at: number | undefined; isLimit: true | undefined },
): boolean {
  return at === undefined || (process === 'limit') === (isLimit === true)
}

/**
 * The strand after one more look; cuts that the look lacks were not seen. Throws a RangeError when counts are
 * impossible: negative, not finite, or more bad requests than requests.
 */
export function addToStrand(strand: Strand, look: StrandLook, measure: Measure, course: Course): Strand {
  const capital: Partial<Record<ProcessName, Capital>> = { ...strand.capital }
  const cuts = strand.cuts.map((cut) => {
    const seen = look.cuts.find(({ at, isLimit }) => at === cut.at && isLimit === cut.isLimit)
    if (seen === undefined) return cut
    assertPossible(look.total, seen.bad)
    const known = { ...cut, phi: keptPhi(seen.phi), ...pastOf(cut, seen), bad: sum(cut.bad, seen.bad) }
    return { ...known, logs: nextLogs(known, { strand, look, bad: seen.bad, measure, course, capital }) }
  })
  return { ...strand, total: sum(strand.total, look.total), capital, cuts }
}

interface Update {
  readonly strand: Strand
  readonly look: StrandLook
  readonly bad: Pair<number>
  readonly measure: Measure
  readonly course: Course
  /** Filled on the way. */
  readonly capital: Partial<Record<ProcessName, Capital>>
}

function nextLogs(cut: Cut, update: Update): Cut['logs'] {
  const entries = Object.keys(cut.logs).map((key) => {
    const name = key as ProcessName
    const params = paramsOf(update.measure, name, update.course, cut)
    const before = stateOf(update.strand, cut, name)
    if (params === undefined) return [name, before.logs]
    const after = updateEProcess(before, eLook(update), params)
    update.capital[name] = { spent: Number(after.spent.toPrecision(8)), looks: after.looks }
    return [name, after.logs.map(kept)]
  })
  return Object.fromEntries(entries) as Cut['logs']
}

function eLook({ look: { total }, bad }: Update) {
  return { nStable: total.stable, xStable: bad.stable, nCanary: total.canary, xCanary: bad.canary }
}

/** Logarithms are remembered to 10⁻⁴: enough for any verdict, and less than half of the size. */
function kept(value: number): number {
  return Math.round(value * 1e4) / 1e4
}

/** To three digits behind the point, and never less. */
function keptPhi(phi: number): number {
  return Math.ceil(phi * 1e3) / 1e3
}

function pastOf(cut: Cut, { past }: CutLook): Pick<Cut, 'past'> {
  if (cut.logs.history === undefined) return {}
  // Once known it stays: a limit that moved with what is judged by it would be none.
  const known = cut.past ?? past
  return known === undefined ? {} : { past: Number(known.toPrecision(5)) }
}

/** The state of one process of a cut. */
export function stateOf({ capital }: Strand, cut: Cut, name: ProcessName): EProcessState {
  const { spent = 0, looks = 0 } = capital[name] ?? {}
  return { logs: cut.logs[name] ?? [], spent, looks }
}

/** Natural logarithm of the evidence of one process of a cut; undefined where the cut has none. */
export function logEOf(strand: Strand, cut: Cut, name: ProcessName): number | undefined {
  return cut.logs[name] === undefined ? undefined : logE(stateOf(strand, cut, name))
}

/** ln of the mean evidence of one process over cuts and strands; undefined where no strand has it. */
function meanLogE(strands: readonly Strand[], name: ProcessName): number | undefined {
  const means = strands.flatMap((strand) => {
    const logs = strand.cuts.flatMap((cut) => logEOf(strand, cut, name) ?? [])
    return logs.length === 0 ? [] : [meanOf(logs)]
  })
  return means.length === 0 ? undefined : meanOf(means)
}

/** ln of the mean evidence against the canary, by process. */
export function against(strands: readonly Strand[]): { name: ProcessName; logE: number }[] {
  return AGAINST.flatMap((name) => {
    const mean = meanLogE(strands, name)
    return mean === undefined ? [] : [{ name, logE: mean }]
  })
}

/** ln of the mean of numbers whose logarithms these are. */
export function meanOf(logs: readonly number[]): number {
  return logSumExp(logs) - Math.log(logs.length)
}

/** The strand at the start of a step: what speaks for the canary is gathered anew. */
export function enterStepOf(strand: Strand): Strand {
  return { ...restarted(strand), capital: mapCapital(strand.capital, (one) => ({ ...one, looks: 0 })) }
}

/** The strand when its step begins anew: a step brings its capital against the canary once. */
export function restarted(strand: Strand): Strand {
  return {
    ...strand,
    total: NOTHING,
    capital: mapCapital(strand.capital, (one) => one),
    cuts: strand.cuts.map((cut) => ({
      ...cut,
      bad: NOTHING,
      logs: { ...cut.logs, ...(cut.logs.pass && { pass: [] }) },
    })),
  }
}

function mapCapital(capital: Strand['capital'], change: (one: Capital) => Capital): Strand['capital'] {
  const { pass: _pass, ...rest } = capital
  return Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, change(one)]))
}

function assertPossible(total: Pair<number>, bad: Pair<number>): void {
  for (const side of ['canary', 'stable'] as const) {
    if (Number.isFinite(total[side]) && bad[side] >= 0 && bad[side] <= total[side]) continue
    throw new RangeError(`${bad[side]} bad of ${total[side]} requests cannot have been counted`)
  }
}

function sum(a: Pair<number>, b: Pair<number>): Pair<number> {
  return { canary: a.canary + b.canary, stable: a.stable + b.stable }
}
