import { NO_BETS, meanLogEOf, placeBets, stateAt } from './bets.ts'
import type { BetLook, Bets } from './bets.ts'
import { betsAt, columnsOf, cutAfter, cutsOf, initialCuts, placesOf, seenOf } from './cuts.ts'
import type { Columns, Cut, Places } from './cuts.ts'
import { logE } from './eprocess.ts'
import type { EProcessState } from './eprocess.ts'
import { logSumExp } from './logspace.ts'
import type { Measure } from './measures.ts'
import { AGAINST, PROCESSES, processesOf } from './processes.ts'
import type { Hypotheses, ProcessName } from './processes.ts'

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

/** The evidence of one metric, as one side counted it. Its cuts stand in columns, see `cutsOf`. */
export interface Strand extends Places, Columns {
  readonly reporter: Reporter
  /** Requests of this step. */
  readonly total: Pair<number>
  /** Of its processes, at their own cuts; null: nothing yet. */
  readonly bets: Readonly<Partial<Record<ProcessName, Bets | null>>>
}

const NOTHING: Pair<number> = { canary: 0, stable: 0 }

/** A strand that has seen nothing, with the cuts of its first look. */
export function initialStrand({ reporter, cuts: seen }: StrandLook, measure: Measure): Strand {
  const cuts = initialCuts(seen)
  const processes = processesOf(measure).filter((name) => cuts.some((cut) => betsAt(name, cut)))
  const bets = Object.fromEntries(processes.map((name) => [name, null]))
  return { reporter, total: NOTHING, ...placesOf(cuts), ...columnsOf(cuts), bets }
}

/** The cuts at which a process bets. */
export function cutsFor(strand: Strand, process: ProcessName): Cut[] {
  return strand.bets[process] === undefined ? [] : cutsOf(strand).filter((cut) => betsAt(process, cut))
}

/**
 * The strand after one more look; cuts that the look lacks were not seen. Throws a RangeError when counts are
 * impossible: negative, not finite, or more bad requests than requests.
 */
export function addToStrand(strand: Strand, look: StrandLook, hypotheses: Hypotheses): Strand {
  const before = cutsOf(strand)
  const seen = before.map((cut) => seenOf(look.cuts, cut))
  for (const one of seen) if (one !== undefined) assertPossible(look.total, one.bad)
  const hasHistory = strand.bets.history !== undefined
  const cuts = before.map((cut, index) => {
    const one = seen[index]
    return one === undefined ? cut : cutAfter(cut, one, hasHistory && betsAt('history', cut))
  })
  return {
    ...strand,
    total: sum(strand.total, look.total),
    ...columnsOf(cuts),
    bets: mapBets(strand.bets, (one, name) => {
      const hypothesis = hypotheses[name]
      if (hypothesis === undefined) return one
      return placeBets(one ?? NO_BETS, look.total, betLooksOf(name, cuts, seen), hypothesis)
    }),
  }
}

/** What a look brought at the cuts of a process, and what is known of them now. */
function betLooksOf(
  process: ProcessName,
  cuts: readonly Cut[],
  seen: readonly (CutLook | undefined)[],
): (BetLook | undefined)[] {
  const found: (BetLook | undefined)[] = []
  for (const cut of cuts) {
    if (!betsAt(process, cut)) continue
    const { phi, past } = cut
    const bad = seen[cut.index]?.bad
    found.push(bad && { xStable: bad.stable, xCanary: bad.canary, phi, past })
  }
  return found
}

function mapBets(
  bets: Strand['bets'],
  change: (one: Bets | null, name: ProcessName) => Bets | null,
): Strand['bets'] {
  const changed: Partial<Record<ProcessName, Bets | null>> = {}
  for (const name of PROCESSES) {
    const one = bets[name]
    if (one !== undefined) changed[name] = change(one, name)
  }
  return changed
}

/** The state of one process at a cut. */
export function stateOf({ isLimit, bets }: Strand, { index }: Cut, name: ProcessName): EProcessState {
  const own = isLimit && name !== 'limit' ? index - 1 : index
  return stateAt(bets[name] ?? NO_BETS, own)
}

/** Natural logarithm of the evidence of one process at a cut. */
export function logEOf(strand: Strand, cut: Cut, name: ProcessName): number {
  return logE(stateOf(strand, cut, name))
}

/** ln of the mean evidence of one process over cuts and strands; undefined where no strand has it. */
function meanLogE(strands: readonly Strand[], name: ProcessName): number | undefined {
  const means: number[] = []
  for (const strand of strands) {
    const bets = strand.bets[name]
    if (bets !== undefined) means.push(bets === null ? 0 : meanLogEOf(bets, cutCount(strand, name)))
  }
  return means.length === 0 ? undefined : meanOf(means)
}

function cutCount({ isLimit, phi }: Strand, process: ProcessName): number {
  if (!isLimit) return phi.length
  return process === 'limit' ? 1 : phi.length - 1
}

/** ln of the mean evidence against the canary, by process. */
export function against(strands: readonly Strand[]): { name: ProcessName; logE: number }[] {
  const found: { name: ProcessName; logE: number }[] = []
  for (const name of AGAINST) {
    const mean = meanLogE(strands, name)
    if (mean !== undefined) found.push({ name, logE: mean })
  }
  return found
}

/** ln of the mean of numbers whose logarithms these are. */
export function meanOf(logs: readonly number[]): number {
  return logSumExp(logs) - Math.log(logs.length)
}

/** The strand at the start of a step: what speaks for the canary is gathered anew. */
export function enterStepOf(strand: Strand): Strand {
  const anew = restarted(strand)
  return { ...anew, bets: mapBets(anew.bets, (one) => one && { ...one, looks: 0 }) }
}

/** The strand when its step begins anew: a step brings its capital against the canary once. */
export function restarted(strand: Strand): Strand {
  const none = strand.phi.map(() => 0)
  return {
    ...strand,
    total: NOTHING,
    bad: { canary: none, stable: none },
    bets: mapBets(strand.bets, (one, name) => (name === 'pass' ? null : one)),
  }
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
