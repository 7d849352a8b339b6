import { quickSpec } from '../../sandbox/kit/shop.ts'

/** The version that is released. */
export const NEXT = 'v2'
/** Time between looks (milliseconds). */
export const INTERVAL_MS = 5_000
/** The shortest time that a release can take, in seconds. */
export const IDEAL_SECONDS = 40

/** A release of 40 s. So few requests reach a canary here that only a wide limit can be judged in 10 s. */
export function specOf(version: string): Record<string, unknown> {
  return quickSpec(version, {
    steps: [25, 50, 75, 100].map((weight) => ({ weight, hold: '10s' })),
    retire: { after: '5s' },
    analysis: {
      interval: '5s',
      warmup: '1s',
      metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '50%' }],
    },
    progressDeadline: '2m',
  })
}
