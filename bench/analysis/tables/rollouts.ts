import { against } from '../../format.ts'
import { rollouts } from '../simulation/experiments.ts'
import type { Ending, Size } from '../simulation/experiments.ts'
import { BASE, ERRORS, errorsOf } from '../simulation/scenarios.ts'
import { breaks, median, percent } from './part.ts'
import type { Part } from './part.ts'

/** Share of always bad canaries that may be promoted. */
const GOAL_PROMOTED = 0.001
/** Median time of a good release's analysis, by requests a second. */
const GOAL_MINUTES: Readonly<Record<number, number>> = { 100: 5, 1000: 1 }
const RATES = [BASE, 0.005, 0.01, 0.02, 0.05] as const
const RPS = [10, 100, 1000] as const

/** Whole releases of 5, 20, 50 and 100 %. */
export function rolloutPart(size: Size): Part {
  const found = RPS.map((rps) => ({
    rps,
    ends: RATES.map((rate) => ({
      rate,
      ends: rollouts({ measure: ERRORS, scenario: errorsOf(rate, { rps }) }, size),
    })),
  }))
  const bad = found.flatMap(({ ends }) => ends.slice(1).flatMap((one) => one.ends))
  const promoted = bad.filter(({ end }) => end === 'promoted').length
  const held = found
    .flatMap(({ ends }) => ends.flatMap((one) => one.ends))
    .filter(({ end }) => end === 'held')
  const unexplained = held.filter(({ isExplained }) => !isExplained).length
  return {
    tables: [
      {
        title: `Analysis: whole releases (5, 20, 50, 100 %; 30 min a step at most): promoted / rolled back / held, median minutes`,
        headings: ['TRAFFIC', 'GOOD', 'GOAL', ...RATES.slice(1).map((rate) => `${percent(rate)} FAIL`)],
        rows: found.map(({ rps, ends: [good, ...others] }) => [
          `${rps} rps`,
          cell(good?.ends ?? []),
          minutesGoal(rps, good?.ends ?? []),
          ...others.map(({ ends }) => cell(ends)),
        ]),
        remarks: [
          `${size.runs} releases each; stable fails ${percent(BASE)}; a look every 15 s, at least one a step, without hold and warm-up.`,
          `Bad canaries promoted: ${promoted} of ${bad.length} (goal: ${against(promoted / bad.length, GOAL_PROMOTED, percent)}).`,
          `Of ${held.length} held, the last verdict of ${held.length - unexplained} said how many requests are missing, or that no number would do.`,
        ],
      },
    ],
    figures: { rollouts: found.map(({ rps, ends }) => ({ rps, ends: ends.map(figuresOf) })) },
    wrong: [
      ...(breaks(promoted, bad.length, GOAL_PROMOTED)
        ? [`${promoted} of ${bad.length} bad canaries were promoted`]
        : []),
      ...(unexplained > 0 ? [`${unexplained} held releases did not say what is missing`] : []),
    ],
  }
}

function shareOf(ends: readonly Ending[], end: Ending['end']): number {
  return ends.filter((one) => one.end === end).length / ends.length
}

function minutesOf(ends: readonly Ending[]): number {
  return median(ends.map(({ seconds }) => seconds / 60))
}

function cell(ends: readonly Ending[]): string {
  const shares = (['promoted', 'rolled back', 'held'] as const).map((end) => percent(shareOf(ends, end)))
  return `${shares.map((share) => share.replace(' %', '')).join('/')}, ${minutesOf(ends).toFixed(1)}`
}

function minutesGoal(rps: number, ends: readonly Ending[]): string {
  const goal = GOAL_MINUTES[rps]
  return goal === undefined ? '' : against(minutesOf(ends), goal, (minutes) => `${minutes} min`)
}

function figuresOf({ rate, ends }: { rate: number; ends: readonly Ending[] }) {
  return {
    rate,
    promoted: shareOf(ends, 'promoted'),
    rolledBack: shareOf(ends, 'rolled back'),
    held: shareOf(ends, 'held'),
    minutes: minutesOf(ends),
  }
}
