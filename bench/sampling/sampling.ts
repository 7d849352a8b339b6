import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Extent, Outcome, Site } from '../benchmark.ts'
import { against, megabytes, milliseconds, seconds } from '../format.ts'
import { INTERVAL_MS } from './observed-step.ts'
import type { Observed, Task } from './observers.ts'

const PROGRAM = fileURLToPath(new URL('main.ts', import.meta.url))
/** In so long a time each step reads the hour before once again. */
const SECONDS = 300

/** What it costs to read the metrics of many steps that one worker observes. */
export async function benchSampling({ task }: Site, { observed }: Extent): Promise<Outcome> {
  const rounds: Observed[] = []
  for (const steps of observed) {
    task.update(`${steps} observed steps`)
    rounds.push(await measure(steps))
  }
  return {
    tables: [
      {
        title: `Sampling: steps observed by one worker against a synthetic Prometheus, a look each ${INTERVAL_MS / 1000} s`,
        headings: [
          'STEPS',
          'ALL COUNTED',
          'GIVEN UP',
          'QUERIES/MIN',
          'CPU',
          'MEMORY',
          'LATE P50',
          'P99',
          'MAX',
          'GOAL',
        ],
        rows: rounds.map(rowOf),
        remarks: [
          'Two metrics and 44 series a step, of each side. All begin within 15 s. All counted: until each step had counted once,',
          'which reads five minutes and samples of an hour; given up: looks until then that had no answer within 5 s.',
          'CPU is that of one processor. Late: from when a look was due until it had counted.',
        ],
      },
    ],
    figures: { intervalMs: INTERVAL_MS, seconds: SECONDS, rounds },
    wrong: rounds.flatMap(({ steps, wrong }) => wrong.map((line) => `${steps} steps: ${line}`)),
  }
}

/** The synthetic Prometheus and the observers are processes of their own. */
async function measure(steps: number): Promise<Observed> {
  const synthetic = await started('synthetic')
  try {
    const task: Task = { url: synthetic.said as string, steps, seconds: SECONDS }
    const observers = await started('observers', JSON.stringify(task))
    observers.stop()
    return observers.said as Observed
  } finally {
    synthetic.stop()
  }
}

/** Starts a program, and waits for what it says. */
async function started(...args: readonly string[]): Promise<{ said: unknown; stop: () => void }> {
  const child = fork(PROGRAM, args)
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`${args[0]} ended with ${String(code)}`)
  })
  const [said] = (await Promise.race([once(child, 'message'), gone])) as [unknown]
  // What follows is its end, as it is told.
  gone.catch(() => undefined)
  return { said, stop: () => child.kill() }
}

function rowOf({
  steps,
  firstSeconds,
  firstFailed,
  queriesPerMinute,
  cpu,
  residentBytes,
  lateness,
}: Observed): string[] {
  const late = lateness ?? { p50: 0, p99: 0, max: Infinity }
  return [
    String(steps),
    seconds(firstSeconds),
    String(firstFailed),
    queriesPerMinute.toFixed(0),
    `${(cpu * 100).toFixed(0)} %`,
    megabytes(residentBytes),
    ...[late.p50, late.p99, late.max].map(milliseconds),
    against(late.max, INTERVAL_MS, (ms) => `${ms / 1000} s`),
  ]
}
