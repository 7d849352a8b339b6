import { quickSpec } from '../../sandbox/kit/shop.ts'

/** The version that is released. */
export const NEXT = 'v2'
/** The version that is released after it, and never promoted. */
export const HELD = 'v3'
/** Time between looks of the releases that are timed (milliseconds). */
export const INTERVAL_MS = 5_000
/** The shortest time that such a release can take, in seconds. */
export const IDEAL_SECONDS = 40
/** Time between looks of those that are held (milliseconds). */
export const HELD_INTERVAL_MS = 15_000

/**
 * A release of 40 s. So few requests reach a canary here that only a wide limit can be judged in 10 s: five without an
 * error are enough for this one.
 */
export function specOf(version: string): Record<string, unknown> {
  return quickSpec(version, {
    steps: [40, 60, 80, 100].map((weight) => ({ weight, hold: '10s' })),
    retire: { after: '5s' },
    analysis: analysis(INTERVAL_MS),
    progressDeadline: '2m',
  })
}

/** A release that stays in its first step, under observation. @param paused it waits for somebody to go on */
export function heldSpec(intervalMs: number, paused = false): Record<string, unknown> {
  return quickSpec(HELD, {
    paused,
    steps: [
      { weight: 50, hold: '3h' },
      { weight: 100, hold: '1s' },
    ],
    analysis: analysis(intervalMs),
    progressDeadline: '10m',
  })
}

function analysis(intervalMs: number): object {
  return {
    interval: `${intervalMs / 1000}s`,
    warmup: '1s',
    metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '90%' }],
  }
}
