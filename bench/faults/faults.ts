import { chosenSeed } from '../../sandbox/kit/chance.ts'
import type { Extent, Outcome, Site } from '../benchmark.ts'
import { OUTAGES, TWISTS, wavesOf } from './draw.ts'
import type { Kind } from './draw.ts'
import type { TrialResult } from './trial.ts'
import { distribution } from '../statistics.ts'
import { playWaves } from './waves.ts'

/** Probes, unless said otherwise. */
const TRIALS = 100
/** Probes side by side. */
const MOST = 13
/** How much longer than it may a fault should stay at most (milliseconds). */
const GOAL_MS = 5_000

/** Whether faults are gone when their time is over, whatever dies. */
export async function benchFaults({ sandbox, task }: Site, { releases }: Extent): Promise<Outcome> {
  const seed = chosenSeed()
  const waves = wavesOf(seed, releases?.at(-1) ?? TRIALS, MOST)
  const all = waves.flatMap(({ trials }) => trials).length
  let done = 0
  task.update(`SLUICE_SEED=${seed}`)
  const results = await playWaves(await sandbox(), waves, () => {
    task.update(`SLUICE_SEED=${seed}: ${++done} of ${all} probes are over`)
  })
  return faultsOutcome(seed, results)
}

/** Table and figures of probes. */
export function faultsOutcome(seed: number, results: readonly TrialResult[]): Outcome {
  const kinds: readonly Kind[] = [...TWISTS, ...OUTAGES]
  return {
    tables: [
      {
        title: `Faults under kills: ${results.length} probes, seed ${seed}`,
        headings: ['WHAT HAPPENED', 'PROBES', 'GONE', 'FOREIGN AS BEFORE', 'OVERRUN, P50', 'P99', 'MAX'],
        rows: [
          ...kinds.map((kind) =>
            rowOf(
              kind,
              results.filter((one) => one.kind === kind),
            ),
          ),
          rowOf('all', results),
        ],
        remarks: [
          `Overrun: from the expiry of a fault, or from when somebody who could end it was back, until the object was without it; goal: ${GOAL_MS / 1000} s.`,
          'Negative: it went before it expired, since the release ended or somebody took it out.',
        ],
      },
    ],
    figures: { seed, probes: results },
    wrong: results.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`)),
  }
}

function rowOf(name: string, results: readonly TrialResult[]): string[] {
  const gone = results.filter(({ overrunsMs }) => overrunsMs.length > 0 && overrunsMs.every(Number.isFinite))
  const whole = results.filter(({ problems }) => !problems.some((text) => text.startsWith('foreign')))
  const times = distribution(results.flatMap(({ overrunsMs }) => overrunsMs).filter(Number.isFinite))
  return [
    name,
    String(results.length),
    String(gone.length),
    String(whole.length),
    ...[times?.p50, times?.p99, times?.max].map((ms) =>
      ms === undefined ? '-' : `${(ms / 1000).toFixed(2)} s`,
    ),
  ]
}
