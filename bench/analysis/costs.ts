import { addLook } from '../../src/core/analysis/evidence.ts'
import { FAIL_GRID, GAMMA, initialEProcess, updateEProcess } from '../../src/core/analysis/eprocess.ts'
import type { EProcessParams } from '../../src/core/analysis/eprocess.ts'
import { errorCounts, latencyCounts } from '../../src/core/analysis/istio.ts'
import { judge } from '../../src/core/analysis/judge.ts'
import { DEFAULT_LEVELS } from '../../src/core/analysis/verdict.ts'
import type { Distribution } from '../statistics.ts'
import { counters } from './counters.ts'
import { randomOf } from './simulation/random.ts'
import { WEIGHTS } from './simulation/release.ts'
import { evidenceAfter, samples } from './sizes.ts'
import { microsecondsOf } from './stopwatch.ts'

const COMPARED: EProcessParams = {
  rho: 1.1,
  delta: 0.001,
  phi: 1,
  gamma: GAMMA,
  grid: FAIL_GRID,
  weight: 0.5,
}

/** How long a call took. */
export interface Cost {
  readonly what: string
  readonly spread: Distribution
  /** It is what the goal speaks of. */
  readonly hasGoal?: true
}

/** What a look costs beyond reading Prometheus. */
export function costs(): Cost[] {
  const { requests, latencies, window } = counters()
  const start = initialEProcess()
  const compare = { nStable: 8_000, xStable: 40, nCanary: 400, xCanary: 2 }
  return [
    {
      what: 'update of one process: fixed limit',
      spread: microsecondsOf(() =>
        updateEProcess(start, { ...compare, nStable: 0, xStable: 0 }, { ...COMPARED, rho: 0 }),
      ),
      hasGoal: true,
    },
    {
      what: 'update of one process: against stable',
      spread: microsecondsOf(() => updateEProcess(start, compare, COMPARED)),
      hasGoal: true,
    },
    ...samples().flatMap(wholeLook),
    {
      what: 'counting errors: raw counters of 5 min',
      spread: microsecondsOf(() => errorCounts(requests, 'v2', window)),
    },
    {
      what: 'counting slow answers: raw counters of 5 min',
      spread: microsecondsOf(() => latencyCounts(latencies, 'v2', { window, limitMs: 500 })),
    },
  ]
}

/** A look of a metric updates all of its processes, at all boundaries and of all sides that count. */
function wholeLook(sample: ReturnType<typeof samples>[number]): Cost[] {
  const { what, measure } = sample
  const known = evidenceAfter(sample, 50)
  const course = { step: sample.step, weights: WEIGHTS }
  const looks = { [measure.name]: sample.look(randomOf(1)) }
  return [
    {
      what: `look of a metric, ${what}`,
      spread: microsecondsOf(() => addLook(known, [measure], looks, course)),
      hasGoal: true,
    },
    {
      what: 'its verdict',
      spread: microsecondsOf(() => judge(known, [measure], { levels: DEFAULT_LEVELS, weights: WEIGHTS })),
    },
    { what: 'its state as JSON', spread: microsecondsOf(() => JSON.stringify(known.metrics)) },
  ]
}
