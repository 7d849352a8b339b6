import { against } from '../../format.ts'
import { quantile } from '../../statistics.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { detections } from '../simulation/experiments.ts'
import type { Detection, Size } from '../simulation/experiments.ts'
import { BASE, ERRORS, STRICT, errorsOf } from '../simulation/scenarios.ts'
import type { Noise } from '../simulation/traffic.ts'
import { median, percent, when } from './part.ts'
import type { Part } from './part.ts'

interface Manner {
  readonly name: string
  readonly measure: Measure
  readonly phi?: number
  readonly noise?: Noise
}

const USUAL: Manner = { name: 'as usual', measure: ERRORS }
const MANNERS: readonly Manner[] = [
  USUAL,
  { name: 'as usual, φ = 1 given', measure: ERRORS, phi: 1 },
  { name: 'without tolerance', measure: STRICT },
  { name: 'without tolerance, φ = 1 given', measure: STRICT, phi: 1 },
  { name: 'as usual, pods φ = 2', measure: ERRORS, noise: { kind: 'bursts', phi: 2, minutes: 1 } },
]

const CASES = [
  { rps: 100, rate: 0.005 },
  { rps: 100, rate: 0.01 },
  { rps: 100, rate: 0.05 },
  { rps: 100, rate: 0.5 },
  { rps: 10, rate: 0.01 },
  { rps: 1000, rate: 0.01 },
  { rps: 1, rate: 0.5 },
] as const

/** Canary requests until 1 % is told from 0.1 %. */
const GOAL_MEDIAN = 900
const GOAL_P99 = 3000

/** How soon bad canaries are found at 5 %. */
export function detectionPart(size: Size): Part {
  const found = MANNERS.map((manner) => ({
    name: manner.name,
    cases: CASES.map(({ rps, rate }) => find(manner, { rps, rate }, size)),
  }))
  const ofOnePercent = found.slice(0, -1).map(({ name, cases }) => ({ name, runs: cases[1] ?? [] }))
  return {
    tables: [
      {
        title: `Analysis: bad canaries at 5 %, stable fails ${percent(BASE)}: found within an hour, median time, median canary requests`,
        headings: ['JUDGED', ...CASES.map(({ rps, rate }) => `${rps} RPS, ${percent(rate)}`)],
        rows: found.map(({ name, cases }) => [name, ...cases.map(cell)]),
        remarks: [`${size.runs} releases each, a look every 15 s.`],
      },
      {
        title: 'Analysis: canary requests until 1 % is told from 0.1 % at 100 rps and 5 %',
        headings: ['JUDGED', 'P50', 'GOAL', 'P95', 'P99', 'GOAL'],
        rows: ofOnePercent.map(({ name, runs }) => requestsRow(name, runs)),
      },
      deadTable(size),
    ],
    figures: {
      requestsToTell1PercentFromTenth: ofOnePercent.map(({ name, runs }) => ({ name, ...requestsOf(runs) })),
    },
    wrong: ofOnePercent.flatMap(({ name, runs }) =>
      runs.every(({ seconds }) => seconds < Infinity)
        ? []
        : [`${name}: a canary with 1 % errors was not found in an hour`],
    ),
  }
}

function find(manner: Manner, { rps, rate }: { rps: number; rate: number }, size: Size): Detection[] {
  const { measure, phi, noise } = manner
  const scenario = errorsOf(rate, { rps, ...(noise && { noise }) })
  return detections({ measure, scenario, ...(phi !== undefined && { phi }) }, size)
}

function cell(runs: readonly Detection[]): string {
  const share = runs.filter(({ seconds }) => seconds < Infinity).length / runs.length
  const found = share === 1 ? '' : `${percent(share)}, `
  const seconds = median(runs.map((run) => run.seconds))
  if (seconds === Infinity) return percent(share)
  return `${found}${when(seconds)} (${median(runs.map((run) => run.requests))})`
}

function requestsOf(runs: readonly Detection[]) {
  const requests = runs.map((run) => run.requests)
  return { p50: quantile(requests, 0.5), p95: quantile(requests, 0.95), p99: quantile(requests, 0.99) }
}

function requestsRow(name: string, runs: readonly Detection[]): string[] {
  const { p50, p95, p99 } = requestsOf(runs)
  return [
    name,
    `${p50}`,
    against(p50, GOAL_MEDIAN, String),
    `${p95}`,
    `${p99}`,
    against(p99, GOAL_P99, String),
  ]
}

const DEAD = [0.5, 0.8, 1] as const

/** At least half of the requests fail, and a look sees about 75 of them. */
function deadTable(size: Size) {
  return {
    title: 'Analysis: dead canaries, 75 requests a look: rolled back at the first look',
    headings: ['FAILED REQUESTS', 'AT THE FIRST LOOK', 'GOAL'],
    rows: DEAD.map((rate) => {
      const runs = find(USUAL, { rps: 100, rate }, size)
      const first = runs.filter(({ seconds }) => seconds <= 15).length / runs.length
      return [percent(rate), percent(first), against(1 - first, 0, (missed) => percent(1 - missed))]
    }),
  }
}
