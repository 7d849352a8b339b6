import type { Outcome, Table } from '../benchmark.ts'
import { megabytes } from '../format.ts'
import { HELD_INTERVAL_MS } from '../release/spec.ts'
import { distribution, sum } from '../statistics.ts'
import type { Baked } from './bake.ts'
import type { Phase } from './phase.ts'

/** A heartbeat of a week may be larger than that of an hour by so much: digits grow, and nothing else may. */
const GROWTH = 1.1

/** Tables and figures of releases that wait, and of a bake. */
export function guardOutcome(phases: readonly Phase[], bake: readonly Baked[]): Outcome {
  return {
    tables: [costTable(phases), bakeTable(bake)],
    figures: { phases: phases.map(figuresOf), bake },
    wrong: [...phases.flatMap(problemsOf), ...bake.flatMap(({ wrong }) => wrong), ...growthOf(bake)],
  }
}

function costTable(phases: readonly Phase[]): Table {
  const releases = phases.at(-1)?.kept.length ?? 0
  const row = (what: string, of: (phase: Phase) => string) => [what, ...phases.map(of)]
  return {
    title: `Guard: ${releases} Rollouts on the mesh, a look every ${HELD_INTERVAL_MS / 1000} s`,
    headings: ['WHAT', ...phases.map(({ what }) => what.toUpperCase())],
    rows: [
      row('looks a minute', (phase) => perMinute(phase.looks, phase)),
      row('queries to Prometheus a minute', (phase) => perMinute(phase.queries, phase)),
      row('requests to the API server a minute', (phase) => perMinute(phase.requests, phase)),
      row('Sluice, CPU', (phase) => share(phase, ['sluice'])),
      row('Sluice, memory', (phase) => megabytes(phase.stretch.groups.get('sluice')?.residentBytes ?? 0)),
      row('Temporal, CPU', (phase) => share(phase, ['temporal'])),
      row('API server and etcd, CPU', (phase) => share(phase, ['kube-apiserver', 'etcd'])),
      row('Prometheus, CPU', (phase) => share(phase, ['prometheus'])),
      row('history of a release, events, most', (phase) => most(phase, 'events')),
      row('the same, bytes', (phase) => most(phase, 'historyBytes')),
      row('heartbeat of a release, bytes, most', (phase) => most(phase, 'heartbeatBytes')),
    ],
    remarks: [
      'Waiting: paused at 50 %; only a Fail ends it. CPU is that of one processor. One metric, a request every 5 s to each.',
    ],
  }
}

function bakeTable(bake: readonly Baked[]): Table {
  return {
    title: 'Guard: a bake of a week by a turned clock, synthetic counters, a look every 15 s',
    headings: ['HOURS', 'LOOKS', 'HEARTBEAT', 'CPU OF A LOOK'],
    rows: bake.map(({ hours, looks, heartbeatBytes, cpuMs }) => [
      String(hours),
      String(looks),
      `${heartbeatBytes} B`,
      `${cpuMs.toFixed(2)} ms`,
    ]),
    remarks: [
      'Errors and latency, each with a limit and the hour before. CPU includes making the counters up. Each request was counted once.',
    ],
  }
}

function perMinute(count: number, { stretch }: Phase): string {
  return ((count * 60) / stretch.seconds).toFixed(0)
}

function share({ stretch }: Phase, names: readonly string[]): string {
  const used = sum(names.map((name) => stretch.groups.get(name)?.cpuSeconds ?? 0))
  return `${((used / stretch.seconds) * 100).toFixed(1)} %`
}

function most({ kept }: Phase, what: keyof Phase['kept'][number]): string {
  return String(distribution(kept.map((one) => one[what]))?.max ?? '-')
}

function figuresOf({ stretch, kept, ...phase }: Phase): Record<string, unknown> {
  return {
    ...phase,
    seconds: stretch.seconds,
    usage: Object.fromEntries(stretch.groups),
    historyEvents: distribution(kept.map(({ events }) => events)),
    historyBytes: distribution(kept.map(({ historyBytes }) => historyBytes)),
    heartbeatBytes: distribution(kept.map(({ heartbeatBytes }) => heartbeatBytes)),
  }
}

/** Whoever holds a canary at a weight has to be watched. */
function problemsOf({ what, looks, kept, stretch }: Phase): string[] {
  const due = kept.length * (Math.floor((stretch.seconds * 1000) / HELD_INTERVAL_MS) - 1)
  return looks >= due ? [] : [`${what}: ${looks} looks instead of ${due} and more`]
}

function growthOf(bake: readonly Baked[]): string[] {
  const [first, last] = [bake[0]?.heartbeatBytes ?? 0, bake.at(-1)?.heartbeatBytes ?? 0]
  return last <= first * GROWTH ? [] : [`heartbeats of a bake grew from ${first} to ${last} bytes`]
}
