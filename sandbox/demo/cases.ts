import type { AppEnv } from '../kit/shop.ts'

/** What is to become of a release. */
export interface Expected {
  readonly result: 'Promoted' | 'RolledBack'
  /** The version that users have afterwards. */
  readonly users: string
  /** The other version: none of its pods is left afterwards. */
  readonly gone: string
  /** The weights (percent) that the canary gets, one after the other. */
  readonly weights: readonly number[]
  /** The metrics that fail. */
  readonly failed: readonly string[]
  /** What comes of the fault probe, where the case has one. */
  readonly probe?: 'Passed' | 'Failed'
}

/** A release of the demo. */
export interface DemoCase {
  readonly id: string
  readonly title: string
  readonly version: string
  readonly app: AppEnv
  readonly expected: Expected
  /** The worker is killed (kill -9) when the canary has this weight, and started again. */
  readonly killAtWeight?: number
  /** The step of 20 % has a fault probe: `ratings` fails for this version's calls. */
  readonly probes?: true
}

/** What the later versions call. */
export const DEPENDENCY = 'ratings'

/** The name of the fault probe. */
export const PROBE = 'ratings-down'

/** Base latency of all versions in milliseconds. */
export const BASE_LATENCY_MS = 8

const good = { LATENCY_MS: BASE_LATENCY_MS }
const calling = { ...good, DEPENDENCY }

const promoted = { result: 'Promoted', weights: [5, 20, 50, 100], failed: [] } as const
const rolledBack = { result: 'RolledBack', weights: [5] } as const

/** In this order, since each starts from the version that the one before left. */
export const DEMO_CASES: readonly DemoCase[] = [
  {
    id: 'a',
    title: 'v2, a good version',
    version: 'v2',
    app: good,
    expected: { ...promoted, users: 'v2', gone: 'v1' },
  },
  {
    id: 'b',
    title: 'v3, 5 % of its answers are errors (limit: 1 %)',
    version: 'v3',
    app: { ...good, ERROR_RATE: 0.05 },
    expected: { ...rolledBack, users: 'v2', gone: 'v3', failed: ['error-rate'] },
  },
  {
    id: 'c',
    title: 'v4, 10 % of its answers take 900 ms (limit: p99 500 ms)',
    version: 'v4',
    app: { ...good, SLOW_RATE: 0.1, SLOW_MS: 900 },
    expected: { ...rolledBack, users: 'v2', gone: 'v4', failed: ['p99'] },
  },
  {
    id: 'd',
    title: 'v5, a good version; the worker is killed (kill -9) at 20 %',
    version: 'v5',
    app: { ...calling, ON_DEPENDENCY_FAILURE: 'fail' },
    expected: { ...promoted, users: 'v5', gone: 'v2' },
    killAtWeight: 20,
  },
  {
    id: 'e',
    title:
      'v6, without a fault until ratings fail: a fault probe at 20 % finds it, and no user of v5 notices',
    version: 'v6',
    app: { ...calling, ON_DEPENDENCY_FAILURE: 'fail' },
    expected: { ...rolledBack, weights: [5, 20], users: 'v5', gone: 'v6', failed: [], probe: 'Failed' },
    probes: true,
  },
  {
    id: 'f',
    title: 'v7, which does without ratings when they fail: passes the probe',
    version: 'v7',
    app: { ...calling, ON_DEPENDENCY_FAILURE: 'degrade' },
    expected: { ...promoted, users: 'v7', gone: 'v5', probe: 'Passed' },
    probes: true,
  },
]
