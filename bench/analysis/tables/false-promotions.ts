import { paramsOf } from '../../../src/core/analysis/processes.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import { passes } from '../simulation/experiments.ts'
import type { Size } from '../simulation/experiments.ts'
import { WEIGHTS } from '../simulation/release.ts'
import { BASE, ERRORS, INDEPENDENT, errorsOf } from '../simulation/scenarios.ts'
import type { Noise } from '../simulation/traffic.ts'
import { breaks, percent, shareGoal } from './part.ts'
import type { Part } from './part.ts'

const CASES: readonly { name: string; rps: number; noise: Noise }[] = [
  ...[10, 100, 1000].map((rps) => ({ name: `${rps} rps`, rps, noise: INDEPENDENT })),
  ...[2, 4].map((phi) => ({
    name: `100 rps, pods φ = ${phi}`,
    rps: 100,
    noise: { kind: 'bursts' as const, phi, minutes: 1 },
  })),
]
const STEPS = [0, 1, 2] as const

/** How much worse than stable a canary is that is just unacceptable at a step. */
export function unacceptableAt(step: number): number {
  return paramsOf(ERRORS, 'pass', { step, weights: WEIGHTS }, { phi: 1 })?.delta ?? 0
}

/** How many canaries that are just unacceptable pass a step. */
export function falsePromotionPart(size: Size): Part {
  const found = CASES.map(({ name, rps, noise }) => ({
    name,
    passed: STEPS.map((step) => {
      const scenario = errorsOf(BASE + unacceptableAt(step), { rps, noise })
      return passes({ measure: ERRORS, scenario, step }, size)
    }),
  }))
  const { beta } = DEFAULT_LEVELS
  return {
    tables: [
      {
        title: `Analysis: canaries just unacceptable at a step that pass it within an hour, ${size.runs} each`,
        headings: [
          'TRAFFIC',
          ...STEPS.map((step) => `${WEIGHTS[step]} %, WORSE BY ${percent(unacceptableAt(step))}`),
          'GOAL',
        ],
        rows: found.map(({ name, passed }) => [
          name,
          ...passed.map((count) => percent(count / size.runs)),
          shareGoal(Math.max(...passed), size.runs, beta),
        ]),
      },
    ],
    figures: { falsePromotions: found },
    wrong: found.flatMap(({ name, passed }) =>
      passed.some((count) => breaks(count, size.runs, beta))
        ? [`${name}: unacceptable canaries pass a step too often`]
        : [],
    ),
  }
}
