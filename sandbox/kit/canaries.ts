import type { AppEnv } from './shop.ts'

/** A healthy version as most are: one of 1,000 requests fails, and the slowest 1 % take ten times as long as the median. */
export const HEALTHY: AppEnv = { ERROR_RATE: 0.001, LATENCY_MS: 10, LATENCY_SPREAD: 1 }

/** Versions that differ from a healthy one in one way each. */
export const MISBEHAVING = {
  /** Ten times the errors of a healthy one. */
  failing: { ...HEALTHY, ERROR_RATE: 0.01 },
  /** All quantiles, and so the 99th, are 1.5 times those of a healthy one. */
  slower: { ...HEALTHY, LATENCY_MS: 15 },
  /** 2 % of requests hang for 3 s. */
  hanging: { ...HEALTHY, SLOW_RATE: 0.02, SLOW_MS: 3000 },
  /** Forbidden for everybody, as by a policy that forgot it. */
  forbidding: { ...HEALTHY, ERROR_RATE: 1, ERROR_STATUS: 403 },
  /** A third of the attempts fails in the way after which callers' proxies try again, if they are told to. */
  flaky: { ...HEALTHY, ERROR_RATE: 0.33, ERROR_STATUS: 503 },
} as const satisfies Record<string, AppEnv>
