import type { Size } from '../simulation/experiments.ts'
import { falseRollbacks } from '../simulation/experiments.ts'
import { BASE, BURSTY, CALM, ERRORS, STRICT, errorsOf } from '../simulation/scenarios.ts'
import type { Scenario } from '../simulation/traffic.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import { breaks, percent, shareGoal } from './part.ts'
import type { Part } from './part.ts'

/** Goals of what is measured; the bound itself is 1 %. */
const GOAL_CALM = 0.002
const GOAL_BURSTY = 0.006
const GOAL_INCIDENTS = 0.005

interface Case {
  readonly name: string
  readonly scenario: Scenario
  readonly goal: number
}

const AT_TOLERANCE: Case = {
  name: '100 rps, canary worse by just the tolerance',
  scenario: errorsOf(BASE + (ERRORS.vsStable?.tolerance ?? 0)),
  goal: DEFAULT_LEVELS.alpha,
}

const CASES: readonly Case[] = [
  ...CALM.map((one) => ({
    ...one,
    goal: one.scenario.noise.kind === 'incidents' ? GOAL_INCIDENTS : GOAL_CALM,
  })),
  ...BURSTY.map((one) => ({ ...one, goal: GOAL_BURSTY })),
  AT_TOLERANCE,
]

/** How many good canaries are rolled back within an hour at 5 %, looked at every 15 s. */
export function falseRollbackPart(size: Size): Part {
  const found = CASES.map(({ name, scenario, goal }) => {
    // A canary at the tolerance is worse than no tolerance allows.
    const twin = scenario === AT_TOLERANCE.scenario ? {} : { twin: STRICT }
    const usual = falseRollbacks({ measure: ERRORS, scenario, ...twin }, size)
    return { name, goal, usual, strict: 'twin' in twin ? usual.rolledBackByTwin : undefined }
  })
  const rates = found.flatMap(({ name, usual, strict }) => [
    { name, count: usual.rolledBack },
    ...(strict === undefined ? [] : [{ name: `${name}, without tolerance`, count: strict }]),
  ])
  return {
    tables: [
      {
        title: `Analysis: good canaries rolled back in an hour at 5 %, a look every 15 s, ${size.runs} releases each`,
        headings: [
          'TRAFFIC',
          'Φ MEASURED',
          'ROLLED BACK',
          'GOAL',
          'WITHOUT TOLERANCE',
          'GOAL',
          'A POD STOOD OUT',
        ],
        rows: found.map(({ name, goal, usual, strict }) => [
          name,
          usual.phi.toFixed(2),
          percent(usual.rolledBack / size.runs),
          shareGoal(usual.rolledBack, size.runs, goal),
          strict === undefined ? '-' : percent(strict / size.runs),
          strict === undefined ? '' : shareGoal(strict, size.runs, goal),
          percent(usual.incomparable / size.runs),
        ]),
        remarks: [
          'Stable and canary alike, 0.1 % of requests fail unless said otherwise; the guarantee is 1 % for independent requests.',
          'A pod stood out: at some time a pod of stable was so unlike the others that stable was no measure.',
        ],
      },
    ],
    figures: { falseRollbacks: found },
    wrong: rates
      .filter(({ count }) => breaks(count, size.runs, DEFAULT_LEVELS.alpha))
      .map(({ name, count }) => `${name}: ${percent(count / size.runs)} of good canaries were rolled back`),
  }
}
