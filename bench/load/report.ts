import type { Outcome, Table } from '../benchmark.ts'
import { against, megabytes, milliseconds, seconds } from '../format.ts'
import { foreignProblems } from '../kit/foreign.ts'
import { split } from '../kit/quiet.ts'
import { distribution, quantile, sum } from '../statistics.ts'
import type { Idle } from './idle.ts'
import type { Round } from './round.ts'
import { IDEAL_SECONDS, INTERVAL_MS } from './spec.ts'
import { cpuPerRelease } from './stretch.ts'

/** Processor seconds of `COUNTED` for one release of 40 s, many at once. */
const GOAL_CPU_SECONDS = 0.25
const COUNTED = ['sluice', 'temporal', 'kube-apiserver', 'etcd']
/** Not what is measured, but what it is measured with. */
const APART = ['pods', 'agent', 'bench']
const OTHERS = ['kube-controller-manager', 'istiod', 'gateway', 'prometheus']

/** All that was measured. */
export interface LoadSeen {
  readonly rollouts: number
  readonly idle: Idle
  readonly one: Round
  readonly many: Round
}

/** Tables and figures of the load. */
export function loadOutcome(seen: LoadSeen): Outcome {
  const { idle, one, many } = seen
  return {
    tables: [summaryTable(seen), cpuTable(seen), memoryTable(seen)],
    figures: {
      rollouts: seen.rollouts,
      idle: {
        seconds: idle.stretch.seconds,
        apiRequests: split(idle.requests).asked.length,
        watches: split(idle.requests).watches.length,
        usage: Object.fromEntries(idle.stretch.groups),
      },
      one: roundFigures(one, idle),
      many: roundFigures(many, idle),
      goalCpuSecondsPerRelease: GOAL_CPU_SECONDS,
    },
    wrong: [one, many].flatMap(wrongOf),
  }
}

function summaryTable({ rollouts, idle, one, many }: LoadSeen): Table {
  const row = (what: string, of: (round: Round) => string, goal = '') => [what, of(one), of(many), goal]
  return {
    title: `Load: one release and ${many.releases} at once among ${rollouts} Rollouts, a look every ${INTERVAL_MS / 1000} s`,
    headings: ['WHAT', '1 RELEASE', `${many.releases} AT ONCE`, 'GOAL'],
    rows: [
      row('promoted', (round) => `${round.promoted} of ${round.releases}`, 'all'),
      row("errors not the app's", (round) => String(round.foreign.count), '0'),
      row('canaries unwatched for a time', (round) => String(round.unwatched), '0'),
      row('time of a release, p50', (round) => secondsAt(round, 0.5), `${IDEAL_SECONDS} s is the least`),
      row('time of the slowest release', (round) => secondsAt(round, 1)),
      row('looks late by, p50', (round) => latenessAt(round, 0.5)),
      row('looks late by, p99', (round) => latenessAt(round, 0.99)),
      row('looks late by, most', (round) => latenessAt(round, 1), `one interval, ${INTERVAL_MS} ms`),
      row('requests to the API server for a release', (round) =>
        (split(round.requests).asked.length / round.releases).toFixed(1),
      ),
      row(
        'CPU for a release: Sluice, Temporal, API server, etcd',
        (round) => seconds(cpuOf(COUNTED, round, idle)),
        against(cpuOf(COUNTED, many, idle), GOAL_CPU_SECONDS, seconds),
      ),
      row('CPU for a release: mesh, metrics, controllers too', (round) =>
        seconds(cpuOf([...COUNTED, ...OTHERS], round, idle)),
      ),
    ],
    remarks: [idleRemark(rollouts, idle)],
  }
}

function idleRemark(rollouts: number, { requests, stretch }: Idle): string {
  const { asked, watches } = split(requests)
  const time = `${stretch.seconds.toFixed(0)} s`
  return (
    `${rollouts} idle Rollouts, ${time}: ${asked.length} requests to the API server (goal: 0), ` +
    `and ${watches.length} watches that were begun anew.`
  )
}

function cpuTable({ idle, one, many }: LoadSeen): Table {
  const row = (group: string) => [
    labelOf(group),
    seconds(((idle.stretch.groups.get(group)?.cpuSeconds ?? 0) / idle.stretch.seconds) * 60),
    seconds(cpuPerRelease(group, one.stretch, idle.stretch, one.releases)),
    seconds(cpuPerRelease(group, many.stretch, idle.stretch, many.releases)),
    seconds(cpuPerRelease(group, many.stretch, idle.stretch, 1)),
  ]
  return {
    title: 'CPU, user and system; releases without what is used idle',
    headings: ['PROCESS', 'IDLE, A MINUTE', 'ONE RELEASE', `ONE OF ${many.releases}`, `ALL ${many.releases}`],
    rows: [...COUNTED, ...OTHERS, ...APART].map(row),
  }
}

function memoryTable({ idle, one, many }: LoadSeen): Table {
  const of = (stretch: Round['stretch'], group: string) =>
    megabytes(stretch.groups.get(group)?.residentBytes ?? 0)
  return {
    title: 'Resident memory, largest of readings a second apart',
    headings: ['PROCESS', 'IDLE', '1 RELEASE', `${many.releases} AT ONCE`],
    rows: [...COUNTED, ...OTHERS, ...APART].map((group) => [
      labelOf(group),
      of(idle.stretch, group),
      of(one.stretch, group),
      of(many.stretch, group),
    ]),
  }
}

const LABELS: Readonly<Record<string, string>> = {
  gateway: 'Envoy (gateway)',
  pods: "apart: the demo's pods",
  agent: 'apart: node agent',
  bench: 'apart: this program with the load',
}

function labelOf(group: string): string {
  return LABELS[group] ?? group
}

function cpuOf(groups: readonly string[], round: Round, { stretch }: Idle): number {
  return sum(groups.map((group) => cpuPerRelease(group, round.stretch, stretch, round.releases)))
}

function secondsAt({ seconds: all }: Round, q: number): string {
  return all.length === 0 ? '-' : seconds(quantile(all, q))
}

function latenessAt({ late }: Round, q: number): string {
  return late.length === 0 ? '-' : milliseconds(quantile(late, q))
}

function roundFigures(round: Round, idle: Idle): Record<string, unknown> {
  return {
    releases: round.releases,
    promoted: round.promoted,
    foreignErrors: round.foreign.count,
    requestsNotSent: round.notSent,
    unwatched: round.unwatched,
    releaseSeconds: distribution(round.seconds),
    lookLateMs: distribution(round.late),
    apiRequestsPerRelease: split(round.requests).asked.length / round.releases,
    cpuSecondsPerRelease: cpuOf(COUNTED, round, idle),
    cpuSecondsPerReleaseByProcess: Object.fromEntries(
      [...round.stretch.groups.keys()].map((group) => [
        group,
        cpuPerRelease(group, round.stretch, idle.stretch, round.releases),
      ]),
    ),
    seconds: round.stretch.seconds,
    usage: Object.fromEntries(round.stretch.groups),
  }
}

function wrongOf({ releases, promoted, foreign, unwatched, remains }: Round): string[] {
  return [
    ...(promoted === releases ? [] : [`${promoted} of ${releases} releases were promoted`]),
    ...foreignProblems(foreign),
    ...(unwatched === 0 ? [] : [`canaries were not watched for a time: ${unwatched} times`]),
    ...remains,
  ]
}
