import type { ShownRollout } from '../kit/shop.ts'
import type { DemoCase } from './cases.ts'
import { differences } from './differences.ts'
import type { StaleReport } from './stale.ts'
import { statusProblems } from './judge-status.ts'

/** What was seen of a release. */
export interface Seen {
  /** The Rollout after the release. */
  readonly rollout: ShownRollout
  /** The weights (percent) above 0 that the route gave to the canary, one after the other. */
  readonly weights: readonly number[]
  /** At which weight the worker was killed. */
  readonly killedAt?: number
  /** Ready pods of the version that users should have, and pods of the other one in any state. */
  readonly pods: { readonly users: number; readonly gone: number }
  /** What came of the fault probe; absent: there was none. */
  readonly probe?: string
  /** Workloads whose calls met a fault, and how many. */
  readonly met: Readonly<Record<string, number>>
  /** Requests that failed for another reason than the app's own errors. */
  readonly foreignErrors: number
  /** What the release left behind in the mesh that it should not have, one line each. */
  readonly remains: readonly string[]
}

/** What came of a case. */
export interface CaseReport {
  readonly demo: DemoCase
  readonly seen: Seen
  /** How long the release took. */
  readonly seconds: number
  /** What is not as expected, one line each. */
  readonly problems: readonly string[]
}

/** What came of the demo. */
export interface DemoReports {
  readonly releases: readonly CaseReport[]
  readonly stale: StaleReport
}

/** Every version of the demo has as many pods. */
export const PODS = 2

/** What is not as it should be after a case, one line each; nothing when all is well. */
export function problemsOf(demo: DemoCase, seen: Seen): string[] {
  const { expected, killAtWeight } = demo
  return [
    ...differences([
      { what: 'weights of the canary', expected: percent(expected.weights), seen: percent(seen.weights) },
      { what: 'worker killed at', expected: percent(killAtWeight), seen: percent(seen.killedAt) },
      { what: `ready pods of ${expected.users}`, expected: PODS, seen: seen.pods.users },
      { what: `pods of ${expected.gone}`, expected: 0, seen: seen.pods.gone },
      { what: 'fault probe', expected: expected.probe ?? 'none', seen: seen.probe ?? 'none' },
      { what: 'who met a fault', expected: meeting(demo), seen: listed(Object.keys(seen.met)) },
      { what: "errors that are not the app's", expected: 0, seen: seen.foreignErrors },
    ]),
    ...statusProblems(demo, seen.rollout),
    ...seen.remains,
  ]
}

/** The fault is for the calls of the new version alone. */
function meeting({ version, probes }: DemoCase): string {
  return probes ? `reviews-${version}` : 'nobody'
}

function listed(workloads: readonly string[]): string {
  return workloads.join(', ') || 'nobody'
}

/** Weights for people: `5, 20 %`. */
export function percent(weights: number | readonly number[] = []): string {
  const list = [weights].flat()
  return list.length === 0 ? 'no weight' : `${list.join(', ')} %`
}

/** The exit status of the demo: 0 only if each case was played and ended as expected. */
export function exitStatus(cases: readonly DemoCase[], { releases, stale }: DemoReports): 0 | 1 {
  const isRight = ({ id }: DemoCase) =>
    releases.some(({ demo, problems }) => demo.id === id && problems.length === 0)
  return cases.every(isRight) && stale.problems.length === 0 ? 0 : 1
}
