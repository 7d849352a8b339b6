import type { AppEnv } from '../kit/shop.ts'

/** A release of the demo, and what is to become of it. */
export interface DemoCase {
  readonly id: string
  readonly title: string
  readonly version: string
  readonly app: AppEnv
  readonly expected: {
    readonly result: 'Promoted' | 'RolledBack'
    /** The version that users have afterwards. */
    readonly users: string
    /** The largest weight (percent) that the canary gets. */
    readonly largestWeight: number
  }
  /** The worker is killed (kill -9) when the canary has this weight, and started again. */
  readonly killAtWeight?: number
}

/** Base latency of all versions in milliseconds. */
export const BASE_LATENCY_MS = 8

const good = { LATENCY_MS: BASE_LATENCY_MS }

/** In this order, since each starts from the version that the one before left. */
export const DEMO_CASES: readonly DemoCase[] = [
  {
    id: 'a',
    title: 'v2, a good version',
    version: 'v2',
    app: good,
    expected: { result: 'Promoted', users: 'v2', largestWeight: 100 },
  },
  {
    id: 'b',
    title: 'v3, 5 % of its answers are errors',
    version: 'v3',
    app: { ...good, ERROR_RATE: 0.05 },
    expected: { result: 'RolledBack', users: 'v2', largestWeight: 5 },
  },
  {
    id: 'c',
    title: 'v4, 10 % of its answers take 900 ms (limit: p99 500 ms)',
    version: 'v4',
    app: { ...good, SLOW_RATE: 0.1, SLOW_MS: 900 },
    expected: { result: 'RolledBack', users: 'v2', largestWeight: 5 },
  },
  {
    id: 'd',
    title: 'v5, a good version; the worker is killed (kill -9) at 20 %',
    version: 'v5',
    app: good,
    expected: { result: 'Promoted', users: 'v5', largestWeight: 100 },
    killAtWeight: 20,
  },
]
