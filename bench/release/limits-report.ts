import type { Outcome } from '../benchmark.ts'
import { against, megabytes, milliseconds, seconds, spreadRow } from '../format.ts'
import { distribution, quantile } from '../statistics.ts'
import { isCarried } from './carry.ts'
import type { Plateau } from './carry.ts'
import { HELD_INTERVAL_MS, INTERVAL_MS } from './spec.ts'

/** Releases under way at once that one worker process must carry on two processors. */
const GOAL_RELEASES = 5_000
/** Seconds until the steps of a killed worker are observed again. */
const GOAL_SECONDS = 15

/** Table and figures of releases that were under way at once. */
export function carriedOutcome(plateaus: readonly Plateau[]): Outcome {
  const carried = plateaus.findLast(isCarried)?.releases ?? 0
  const limit = carried === plateaus.at(-1)?.releases ? 'no more were tried' : 'more were too many'
  return {
    tables: [
      {
        title: `Releases under way at once, a look every ${HELD_INTERVAL_MS / 1000} s`,
        headings: [
          'RELEASES',
          'LOOKS',
          'LATE BY, P50',
          'P99',
          'MOST',
          'SLUICE, CPU',
          'SLUICE, MEMORY',
          'ALL CPU',
        ],
        rows: plateaus.map(plateauRow),
        remarks: [
          `None later than one interval: ${carried} (goal: ${GOAL_RELEASES}); ${limit}. CPU is that of one processor.`,
        ],
      },
    ],
    figures: { carried, goalCarried: GOAL_RELEASES, plateaus: plateaus.map(plateauFigures) },
    wrong: [],
  }
}

function plateauRow(plateau: Plateau): string[] {
  const { releases, late, looks, stretch } = plateau
  const at = (q: number) => (late.length === 0 ? '-' : milliseconds(quantile(late, q)))
  const { sluice, all, memory } = usage(plateau)
  const share = (used: number) => `${Math.round((used / stretch.seconds) * 100)} %`
  return [
    String(releases),
    String(looks),
    at(0.5),
    at(0.99),
    at(1),
    share(sluice),
    megabytes(memory),
    share(all),
  ]
}

function plateauFigures(plateau: Plateau): Record<string, unknown> {
  const { releases, looks, dueLooks, late, stretch } = plateau
  const { sluice, all, memory } = usage(plateau)
  return {
    releases,
    looks,
    dueLooks,
    lateMs: distribution(late),
    seconds: stretch.seconds,
    sluiceCpuSeconds: sluice,
    allCpuSeconds: all,
    sluiceBytes: memory,
  }
}

function usage({ stretch }: Plateau): { sluice: number; all: number; memory: number } {
  const sluice = stretch.groups.get('sluice')
  const all = [...stretch.groups.values()].reduce((total, { cpuSeconds }) => total + cpuSeconds, 0)
  return { sluice: sluice?.cpuSeconds ?? 0, all, memory: sluice?.residentBytes ?? 0 }
}

/** Table and figures of kills. @param times seconds until a release was observed again, one for each kill */
export function recoveryOutcome(times: readonly number[]): Outcome {
  const spread = distribution(times)
  const what = 'kill -9 of the worker that observes → next look'
  return {
    tables: [
      {
        title: `Recovery: ${times.length} kills, a look every ${INTERVAL_MS / 1000} s, a second worker stands by`,
        headings: ['WHAT', 'P50', 'P99', 'MOST', 'GOAL'],
        rows: spread === undefined ? [] : [recoveryRow(what, spread)],
      },
    ],
    figures: { recoverySeconds: spread, goalRecoverySeconds: GOAL_SECONDS },
    wrong: [],
  }
}

function recoveryRow(what: string, spread: NonNullable<ReturnType<typeof distribution>>): string[] {
  const [, p50 = '', p99 = ''] = spreadRow(what, spread, seconds)
  return [what, p50, p99, seconds(spread.max), against(spread.max, GOAL_SECONDS, seconds)]
}
