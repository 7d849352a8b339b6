import { growBet, stakesOf } from './eprocess.ts'
import type { BadLook, EProcessState, Stakes } from './eprocess.ts'
import { deltaOf } from './processes.ts'
import type { Hypothesis } from './processes.ts'
import type { Pair } from './strands.ts'

/** The bets of one process at its cuts of a strand. They have the same looks, so their capital is the same. */
export interface Bets extends Pick<EProcessState, 'spent' | 'looks'> {
  /** Of each of its cuts, in ten-thousandths: whole numbers are short as JSON. Bets that are missing have no capital. */
  readonly logs: readonly (readonly number[])[]
}

/** Bad requests of a look at one cut, and what is known of it. */
export interface BetLook extends Omit<BadLook, 'delta'> {
  readonly past: number | undefined
}

/** Nobody has bet. */
export const NO_BETS: Bets = { spent: 0, looks: 0, logs: [] }

/** Of a unit of logarithms: enough for any verdict. */
const PARTS = 1e4
/** A bet of less than e⁻⁴⁰ of all capital (4 · 10⁻¹⁸) decides nothing: what enters with the next look is more. */
const WORTHLESS = -40 * PARTS

/**
 * The bets after a look.
 * @param total requests of the look
 * @param seen of each cut; undefined where the look lacks it
 */
export function placeBets(
  bets: Bets,
  total: Pair<number>,
  seen: readonly (BetLook | undefined)[],
  hypothesis: Hypothesis,
): Bets {
  const stakes = stakesOf(bets, { nStable: total.stable, nCanary: total.canary }, hypothesis)
  if (stakes === undefined) return bets
  let hasBet = false
  const logs = seen.map((look, index) => {
    const before = bets.logs[index] ?? []
    const delta = look && deltaOf(hypothesis, look.past)
    if (look === undefined || delta === undefined) return before
    hasBet = true
    const { xCanary, xStable, phi } = look
    return grown(before, stakes, { xCanary, xStable, phi, delta })
  })
  return hasBet ? { spent: keptShare(bets.spent + stakes.capital), looks: bets.looks + 1, logs } : bets
}

function grown(before: readonly number[], { entering, odds }: Stakes, bad: BadLook): readonly number[] {
  const after: number[] = []
  for (const one of odds) {
    const parts = before[after.length]
    const log = parts === undefined ? -Infinity : parts / PARTS
    after.push(Math.round(growBet(log, entering, one, bad) * PARTS))
  }
  return worthwhile(after)
}

/** Logarithms of the bets of one cut as they are kept. JSON has null for one without capital. */
export function keptLogs(logs: readonly (number | null)[]): readonly number[] {
  return worthwhile(logs.map((log) => Math.round((log ?? -Infinity) * PARTS)))
}

/** Without the last bets, if they are worth nothing. */
function worthwhile(parts: readonly number[]): readonly number[] {
  let worth = parts.length
  while (worth > 0 && (parts[worth - 1] ?? WORTHLESS) <= WORTHLESS) worth--
  return worth === parts.length ? parts : parts.slice(0, worth)
}

/** The state of the process at one cut. */
export function stateAt({ spent, looks, logs }: Bets, index: number): EProcessState {
  return { logs: (logs[index] ?? []).map((parts) => parts / PARTS), spent, looks }
}

/**
 * ln of the mean evidence of a process over its cuts.
 * @param cuts their number
 */
export function meanLogEOf({ spent, logs }: Bets, cuts: number): number {
  let largest = 0
  for (const own of logs) for (const parts of own) largest = Math.max(largest, parts)
  let sum = cuts * Math.max(0, 1 - spent) * Math.exp(-largest / PARTS)
  for (const own of logs) for (const parts of own) sum += Math.exp((parts - largest) / PARTS)
  return largest / PARTS + Math.log(sum / cuts)
}

function keptShare(share: number): number {
  return Math.round(share * 1e8) / 1e8
}
