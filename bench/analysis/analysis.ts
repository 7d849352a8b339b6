import type { Outcome, Extent, Site } from '../benchmark.ts'
import { against, spreadRow } from '../format.ts'
import { costs } from './costs.ts'
import { simulate } from './simulations.ts'
import { sizes } from './sizes.ts'

/** Cost of an update, of one process and of a whole metric, in microseconds; size of a metric's state, in bytes. */
const GOAL_MICROSECONDS = 5
const GOAL_BYTES = 1024

/** What a look costs beyond reading Prometheus, how much must be remembered, and how often the analysis is right. */
export async function benchAnalysis(
  { task }: Pick<Site, 'task'>,
  { simulations }: Pick<Extent, 'simulations'>,
): Promise<Outcome> {
  task.update('times single calls')
  const own = costOutcome()
  const simulated = await simulate(simulations, task)
  return {
    tables: [...own.tables, ...simulated.tables],
    figures: { ...own.figures, ...simulated.figures },
    wrong: [...own.wrong, ...simulated.wrong],
  }
}

function costOutcome(): Outcome {
  const times = costs()
  const states = sizes()
  return {
    tables: [
      {
        title: 'Analysis: processor time of one call, no input or output',
        headings: ['WHAT', 'P50', 'P99', 'GOAL'],
        rows: times.map(({ what, spread, hasGoal }) =>
          spreadRow(what, spread, microseconds, hasGoal ? GOAL_MICROSECONDS : undefined),
        ),
      },
      {
        title: 'Analysis: state that heartbeats carry for a metric, as JSON',
        headings: ['METRIC', ...(states[0]?.after.map(({ looks }) => `${looks} LOOKS`) ?? []), 'GOAL'],
        rows: states.map(({ what, after, largest }) => [
          what,
          ...after.map(({ bytes }) => `${bytes} B`),
          against(largest, GOAL_BYTES, (value) => `${value} B`),
        ]),
      },
    ],
    figures: {
      microseconds: Object.fromEntries(times.map(({ what, spread }) => [what, spread])),
      goalMicroseconds: GOAL_MICROSECONDS,
      stateBytes: Object.fromEntries(states.map(({ what, after }) => [what, after])),
      goalBytesPerMetric: GOAL_BYTES,
    },
    // State that grew with every look would end a long release.
    wrong: states.flatMap(({ what, after }) =>
      grows(after) ? [`the state of ${what} grows with looks`] : [],
    ),
  }
}

/** Beyond digits that become longer. */
function grows(after: readonly { readonly bytes: number }[]): boolean {
  return (after.at(-1)?.bytes ?? 0) > 1.5 * (after.at(-2)?.bytes ?? 0)
}

function microseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} µs`
}
