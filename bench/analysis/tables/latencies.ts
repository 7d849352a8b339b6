import { against } from '../../format.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import { detections } from '../simulation/experiments.ts'
import type { Size } from '../simulation/experiments.ts'
import { latencySetup, quantileMs } from '../simulation/latencies.ts'
import type { Slowness } from '../simulation/latencies.ts'
import { breaks, median, percent, shareGoal, when } from './part.ts'
import type { Part } from './part.ts'

/** Seconds at the median. */
const CASES: readonly { name: string; slowness: Slowness; goal?: number }[] = [
  { name: 'as stable', slowness: { factor: 1, hanging: 0 } },
  { name: '× 1.2', slowness: { factor: 1.2, hanging: 0 }, goal: 200 },
  { name: '× 1.5', slowness: { factor: 1.5, hanging: 0 } },
  { name: '× 2', slowness: { factor: 2, hanging: 0 } },
  { name: '2 % take 3 s', slowness: { factor: 1, hanging: 0.02 }, goal: 60 },
]

/** How soon slow canaries are found at 5 %. */
export function latencyPart(size: Size): Part {
  const found = CASES.map(({ name, slowness, goal }) => {
    const runs = detections((random) => latencySetup(random, 100, slowness), size)
    const count = runs.filter(({ seconds }) => seconds < Infinity).length
    return {
      name,
      goal,
      count,
      p99: quantileMs(0.99, slowness),
      seconds: median(runs.map((run) => run.seconds)),
    }
  })
  const falsely = found[0]?.count ?? 0
  return {
    tables: [
      {
        title: `Analysis: latencies at 100 rps and 5 %, Envoy's boundaries: rolled back within an hour, ${size.runs} each`,
        headings: ['CANARY', 'P99', 'ROLLED BACK', 'MEDIAN', 'GOAL'],
        rows: found.map(({ name, goal, count, p99, seconds }, index) => [
          name,
          `${Math.round(p99)} ms`,
          percent(count / size.runs),
          when(seconds),
          index === 0
            ? shareGoal(count, size.runs, DEFAULT_LEVELS.alpha)
            : goal === undefined
              ? ''
              : against(seconds, goal, when),
        ]),
        remarks: [
          'Stable: lognormal, median 60 ms. Compared at the boundaries that an hour of stable chooses.',
        ],
      },
    ],
    figures: { latencies: found },
    wrong: breaks(falsely, size.runs, DEFAULT_LEVELS.alpha)
      ? ['canaries as fast as stable are rolled back too often']
      : [],
  }
}
