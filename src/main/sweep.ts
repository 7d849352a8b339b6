import { z } from 'zod'
import type { SweepPolicy } from '../core/faults/sweep.ts'
import { duration } from './durations.ts'

/** More often would only cost; a sweep that is late by a day is none. */
const INTERVAL_MS = { least: 10_000, most: 24 * 3_600_000 }
/** Whoever tries a fault by hand needs a moment to take it out again. */
const LEAST_AFTER_MS = 60_000

/** What is swept, how often, and what becomes of it. */
export const sweepSettings = {
  SLUICE_SWEEP_INTERVAL: duration
    .refine(
      (ms) => ms === 0 || (ms >= INTERVAL_MS.least && ms <= INTERVAL_MS.most),
      'must be a duration from 10s to 24h, or 0s for no sweep',
    )
    .prefault('5m')
    .describe('How often the mesh is swept for faults and subsets that were left in it; 0s: never.'),
  SLUICE_SWEEP_FOREIGN_FAULTS: z
    .enum(['Report', 'Remove'], 'must be Report or Remove')
    .default('Report')
    .describe("What becomes of faults that are not Sluice's: Report or Remove."),
  SLUICE_SWEEP_FOREIGN_FAULTS_AFTER: duration
    .refine((ms) => ms >= LEAST_AFTER_MS, 'must be a duration of at least 1m')
    .prefault('24h')
    .describe('How long such a fault must have stood there before it is removed.'),
}

const schema = z.object(sweepSettings)
type Settings = z.output<typeof schema>

/** What contradicts each other. */
export function sweepContradictions(
  config: Settings,
): { readonly name: keyof Settings; readonly message: string }[] {
  const isInVain = config.SLUICE_SWEEP_INTERVAL === 0 && config.SLUICE_SWEEP_FOREIGN_FAULTS === 'Remove'
  const message = 'must not be 0s, since SLUICE_SWEEP_FOREIGN_FAULTS is Remove'
  return isInVain ? [{ name: 'SLUICE_SWEEP_INTERVAL', message }] : []
}

/** What becomes of faults that are not ours. */
export function sweepPolicyOf(config: Settings): SweepPolicy {
  return {
    foreignFaults: config.SLUICE_SWEEP_FOREIGN_FAULTS,
    afterMs: config.SLUICE_SWEEP_FOREIGN_FAULTS_AFTER,
  }
}
