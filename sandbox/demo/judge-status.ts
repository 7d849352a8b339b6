import type { RolloutStatus, VerdictStatus } from '../../src/api/v1alpha1/status.ts'
import type { ShownRollout } from '../kit/shop.ts'
import type { DemoCase } from './cases.ts'
import { differences } from './differences.ts'
import type { Comparison } from './differences.ts'

/** What the status of a Rollout leaves out, or says wrongly, after a release; one line each. */
export function statusProblems(demo: DemoCase, { metadata, status = {} }: ShownRollout): string[] {
  const generation = metadata?.generation ?? 0
  return differences([
    ...versionsIn(demo, status),
    ...weightIn(demo, status),
    ...lastReleaseIn(demo, status),
    ...verdictsIn(demo, status),
    ...conditionsIn(demo, status, generation),
    { what: 'status.observedGeneration', expected: generation, seen: status.observedGeneration ?? 'none' },
  ])
}

function versionsIn({ version, expected }: DemoCase, status: RolloutStatus): Comparison[] {
  const { stableVersion = 'none', release, message = 'none' } = status
  const sentence = `users have ${expected.users}`
  return [
    { what: 'status.stableVersion', expected: expected.users, seen: stableVersion },
    {
      what: 'status.release',
      expected: `${version} Done`,
      seen: release === undefined ? 'none' : `${release.version} ${release.phase}`,
    },
    {
      what: 'status.message',
      expected: `… ${sentence}`,
      seen: message.endsWith(sentence) ? `… ${sentence}` : message,
    },
  ]
}

function weightIn({ expected }: DemoCase, { weight }: RolloutStatus): Comparison[] {
  const percent = expected.result === 'Promoted' ? 100 : 0
  return [
    { what: 'status.weight.desired', expected: percent, seen: weight?.desired ?? 'none' },
    { what: 'status.weight.observed', expected: percent, seen: weight?.observed ?? 'none' },
  ]
}

function lastReleaseIn({ version, expected }: DemoCase, status: RolloutStatus): Comparison[] {
  const { history: [last] = [], lastFailed } = status
  const from = expected.users === version ? expected.gone : expected.users
  return [
    {
      what: 'status.history[0]',
      expected: `${from} → ${version} ${expected.result}`,
      seen: last === undefined ? 'none' : `${last.from} → ${last.to} ${last.result}`,
    },
    {
      what: 'status.lastFailed',
      expected: expected.result === 'Promoted' ? 'none' : `${version} ${reasonOf(expected)}`,
      seen: lastFailed === undefined ? 'none' : `${lastFailed.version} ${lastFailed.reason}`,
    },
  ]
}

function reasonOf({ probe }: DemoCase['expected']): string {
  return probe === 'Failed' ? 'ProbeFailed' : 'MetricFailed'
}

function verdictsIn({ expected }: DemoCase, status: RolloutStatus): Comparison[] {
  const verdicts = status.verdicts ?? []
  const all: Comparison = {
    what: 'metrics in status.verdicts',
    expected: 'error-rate, p99',
    seen: listed(verdicts.map(({ metric }) => metric)),
  }
  if (expected.result === 'RolledBack') return [all, failures(expected.failed, verdicts)]
  const passed = verdicts.filter(({ verdict }) => verdict === 'Pass')
  return [all, { what: 'metrics that passed', expected: verdicts.length, seen: passed.length }]
}

function failures(expected: readonly string[], verdicts: readonly VerdictStatus[]): Comparison {
  return { what: 'metrics that failed', expected: listed(expected), seen: listed(failedMetrics(verdicts)) }
}

/** As kstatus, and so Flux, reads them: exactly one is true, and all are about this generation. */
function conditionsIn({ expected }: DemoCase, status: RolloutStatus, generation: number): Comparison[] {
  const conditions = status.conditions ?? []
  const standing = conditions.filter((one) => one.status === 'True').map(({ type }) => type)
  const current = conditions.filter((one) => one.observedGeneration === generation).map(({ type }) => type)
  return [
    {
      what: 'conditions that are true',
      expected: expected.result === 'Promoted' ? 'Ready' : 'Stalled',
      seen: listed(standing),
    },
    { what: 'current conditions', expected: 'Ready, Reconciling, Stalled', seen: listed(current) },
  ]
}

/** Names of the metrics that failed. */
export function failedMetrics(verdicts: readonly VerdictStatus[] = []): string[] {
  return verdicts.filter(({ verdict }) => verdict === 'Fail').map(({ metric }) => metric)
}

function listed(words: readonly string[]): string {
  return words.toSorted((a, b) => a.localeCompare(b)).join(', ') || 'none'
}
