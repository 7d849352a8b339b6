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
}

/** Base latency of all versions in milliseconds. */
export const BASE_LATENCY_MS = 8

const good = { LATENCY_MS: BASE_LATENCY_MS }

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
    app: good,
    expected: { ...promoted, users: 'v5', gone: 'v2' },
    killAtWeight: 20,
  },
]
