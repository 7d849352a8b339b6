import type { Outcome, Table } from '../benchmark.ts'
import { against, megabytes, milliseconds, seconds } from '../format.ts'
import { foreignProblems } from '../kit/foreign.ts'
import { split } from '../kit/quiet.ts'
import { distribution, quantile, sum } from '../statistics.ts'
import type { Idle } from './idle.ts'
import type { Round } from './round.ts'
import type { Rounds } from './rounds.ts'
import { IDEAL_SECONDS, INTERVAL_MS } from './spec.ts'
import { cpuPerRelease } from './stretch.ts'

/** Processor seconds of `COUNTED` for one release of 40 s, many at once. */
const GOAL_CPU_SECONDS = 0.25
const COUNTED = ['sluice', 'temporal', 'kube-apiserver', 'etcd']
/** Not what is measured, but what it is measured with. */
const APART = ['agent', 'bench']
const OTHERS = ['kube-controller-manager', 'istiod', 'gateway', 'prometheus']

/** How much more the largest round may cost a release than the one it is compared with. */
const GOAL_GROWTH = 1.2
/** The round that others are compared with: the one whose cost has a goal. */
const COMPARED = 50

/** Tables and figures of rounds of releases. */
export function roundsOutcome(seen: Rounds): Outcome {
  const { idle, rounds } = seen
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
      rounds: rounds.map((round) => roundFigures(round, idle)),
      goalCpuSecondsPerRelease: GOAL_CPU_SECONDS,
      goalGrowth: GOAL_GROWTH,
    },
    wrong: rounds.flatMap(wrongOf),
  }
}

function summaryTable({ rollouts, idle, rounds }: Rounds): Table {
  const row = (what: string, of: (round: Round) => string, goal = '') => [what, ...rounds.map(of), goal]
  const compared = comparedRound(rounds)
  const cost = (round: Round) => cpuOf(COUNTED, round, idle)
  const growth = (round: Round) => cost(round) / cost(compared)
  return {
    title: `Releases: ${rounds.map(({ releases }) => releases).join(', ')} at once among ${rollouts} Rollouts, a look every ${INTERVAL_MS / 1000} s`,
    headings: ['WHAT', ...rounds.map(heading), 'GOAL'],
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
        (round) => seconds(cost(round)),
        against(cost(compared), GOAL_CPU_SECONDS, seconds),
      ),
      row(
        `the same, against ${compared.releases} at once`,
        (round) => times(growth(round)),
        against(growth(rounds.at(-1) ?? compared), GOAL_GROWTH, times),
      ),
      row('CPU for a release: mesh, metrics, controllers too', (round) =>
        seconds(cpuOf([...COUNTED, ...OTHERS], round, idle)),
      ),
    ],
    remarks: [idleRemark(rollouts, idle)],
  }
}

/** The round with a goal, else the largest. Throws without any. */
function comparedRound(rounds: readonly Round[]): Round {
  const round = rounds.find(({ releases }) => releases === COMPARED) ?? rounds.at(-1)
  if (round === undefined) throw new RangeError('there is no round of releases')
  return round
}

function heading({ releases }: Round): string {
  return releases === 1 ? '1 RELEASE' : `${releases} AT ONCE`
}

function times(factor: number): string {
  return `${factor.toFixed(2)} times`
}

function idleRemark(rollouts: number, { requests, stretch }: Idle): string {
  const { asked, watches } = split(requests)
  const time = `${stretch.seconds.toFixed(0)} s`
  return (
    `${rollouts} idle Rollouts, ${time}: ${asked.length} requests to the API server (goal: 0), ` +
    `and ${watches.length} watches that were begun anew.`
  )
}

function cpuTable({ idle, rounds }: Rounds): Table {
  const row = (group: string) => [
    labelOf(group),
    seconds(((idle.stretch.groups.get(group)?.cpuSeconds ?? 0) / idle.stretch.seconds) * 60),
    ...rounds.map((round) => seconds(cpuPerRelease(group, round.stretch, idle.stretch, round.releases))),
  ]
  return {
    title: 'CPU for a release, user and system, without what is used idle',
    headings: ['PROCESS', 'IDLE, A MINUTE', ...rounds.map(heading)],
    rows: [...COUNTED, ...OTHERS, ...APART].map(row),
  }
}

function memoryTable({ idle, rounds }: Rounds): Table {
  const of = (stretch: Round['stretch'], group: string) =>
    megabytes(stretch.groups.get(group)?.residentBytes ?? 0)
  return {
    title: 'Resident memory, largest of readings a second apart',
    headings: ['PROCESS', 'IDLE', ...rounds.map(heading)],
    rows: [...COUNTED, ...OTHERS, ...APART].map((group) => [
      labelOf(group),
      ...[idle.stretch, ...rounds.map(({ stretch }) => stretch)].map((stretch) => of(stretch, group)),
    ]),
  }
}

const LABELS: Readonly<Record<string, string>> = {
  gateway: 'Envoy (gateway)',
  agent: 'apart: node agent with the pods',
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
