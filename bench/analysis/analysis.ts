import { addLook, initialEvidence } from '../../src/core/analysis/evidence.ts'
import type { Counts, Evidence, LimitMetric } from '../../src/core/analysis/evidence.ts'
import { FAIL_GRID, GAMMA, initialEProcess, updateEProcess } from '../../src/core/analysis/eprocess.ts'
import type { EProcessParams } from '../../src/core/analysis/eprocess.ts'
import { errorCounts, latencyCounts } from '../../src/core/analysis/istio.ts'
import { judge } from '../../src/core/analysis/limit.ts'
import type { Outcome } from '../benchmark.ts'
import { against, spreadRow } from '../format.ts'
import type { Distribution } from '../statistics.ts'
import { counters } from './counters.ts'
import { microsecondsOf } from './stopwatch.ts'

/** Cost of a look at one metric, in microseconds, and size of its state, in bytes. */
const GOAL_MICROSECONDS = 5
const GOAL_BYTES = 1024

const METRICS: readonly LimitMetric[] = [
  { name: 'error-rate', kind: 'ErrorRate', limit: 0.01, max: '1%' },
  { name: 'p99', kind: 'Latency', limit: 0.01, max: '500ms', percentile: 99 },
]
const LOOK: Readonly<Record<string, Counts>> = {
  'error-rate': { total: 400, bad: 2 },
  p99: { total: 400, bad: 1 },
}
const COMPARED: EProcessParams = {
  rho: 1.1,
  delta: 0.001,
  phi: 1,
  gamma: GAMMA,
  grid: FAIL_GRID,
  weight: 0.5,
}
const MANY_LOOKS = 10_000

/** What a look costs beyond reading Prometheus, and how much must be remembered. */
export async function benchAnalysis(): Promise<Outcome> {
  const times = timings()
  const bytes = [1, 100, MANY_LOOKS].map((looks) => ({ looks, bytes: sizeOf(evidenceAfter(looks)) }))
  const largest = Math.max(...bytes.map((entry) => entry.bytes)) / METRICS.length
  return {
    tables: [
      {
        title: 'Analysis: processor time of one call, no input or output',
        headings: ['WHAT', 'P50', 'P99', 'GOAL'],
        rows: times.map(({ what, spread, goal }) => spreadRow(what, spread, microseconds, goal)),
      },
      {
        title: 'Analysis: state that heartbeats carry, two metrics, as JSON',
        headings: ['AFTER', 'SIZE', 'FOR A METRIC', 'GOAL'],
        rows: bytes.map(({ looks, bytes: size }) => [
          `${looks} looks`,
          `${size} B`,
          `${Math.ceil(size / METRICS.length)} B`,
          against(Math.ceil(size / METRICS.length), GOAL_BYTES, (value) => `${value} B`),
        ]),
      },
    ],
    figures: {
      microseconds: Object.fromEntries(times.map(({ what, spread }) => [what, spread])),
      goalMicroseconds: GOAL_MICROSECONDS,
      stateBytes: Object.fromEntries(bytes.map((entry) => [entry.looks, entry.bytes])),
      goalBytesPerMetric: GOAL_BYTES,
    },
    // State that grew with every look would end a long release.
    wrong: largest <= GOAL_BYTES ? [] : [`the state of a metric grew to ${largest} bytes`],
  }
}

function timings(): { what: string; spread: Distribution; goal?: number }[] {
  const known = evidenceAfter(50)
  const { requests, latencies, window } = counters()
  const start = initialEProcess()
  const compare = { nStable: 8_000, xStable: 40, nCanary: 400, xCanary: 2 }
  return [
    {
      what: 'update of one metric: fixed limit',
      spread: microsecondsOf(() =>
        updateEProcess(start, { ...compare, nStable: 0, xStable: 0 }, { ...COMPARED, rho: 0 }),
      ),
      goal: GOAL_MICROSECONDS,
    },
    {
      what: 'update of one metric: against stable',
      spread: microsecondsOf(() => updateEProcess(start, compare, COMPARED)),
      goal: GOAL_MICROSECONDS,
    },
    {
      what: 'a look at two metrics: evidence added',
      spread: microsecondsOf(() => addLook(known, METRICS, LOOK, 0)),
    },
    { what: 'verdict on two metrics', spread: microsecondsOf(() => judge(known, METRICS)) },
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

function evidenceAfter(looks: number): Evidence {
  let evidence = initialEvidence(METRICS, 4)
  for (let look = 0; look < looks; look++) evidence = addLook(evidence, METRICS, LOOK, 0)
  return evidence
}

function sizeOf(evidence: Evidence): number {
  return Buffer.byteLength(JSON.stringify(evidence))
}

function microseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} µs`
}
