import { initialEvidence } from '../../core/analysis/evidence.ts'
import { measuresOf } from '../../core/analysis/measures.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import type { ProbeVerdict } from '../../core/faults/progress.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Gathered } from '../observe/look.ts'
import type { StandingFault } from './inject.ts'

/** `Fault` from just before it is written until it is gone. */
export type Stage = 'Baseline' | 'Fault' | 'Recovery'

/** Where a probe stands. Heartbeats carry it, so that whoever goes on after a crash loses nothing. */
export interface ProbeMemory extends Gathered {
  readonly stage: Stage
  /** When the stage began, or its requests begin to count; all times are milliseconds since the epoch. */
  readonly since: number
  /** When metrics were last read. */
  readonly watchedAt: number
  /** The fault that stands, once it is known to. */
  readonly injected?: StandingFault
  /** By which the prober's requests are known; absent in what an earlier Sluice remembers. */
  readonly token?: string
  /** The slowest answer that a prober got without the fault (milliseconds). */
  readonly slowestMs?: number
  /** What the canary's own metrics say, where the probe goes by something else. */
  readonly own?: Gathered
  /** When a request was first seen to have met it, and how many have. */
  readonly arrivedAt?: number
  readonly met: number
  /** What came of it, once it is decided: the canary is watched until it is within its limits again. */
  readonly finding?: { readonly verdict: ProbeVerdict; readonly message: string }
  /** When the fault was gone. */
  readonly removedAt?: number
}

/** A probe that is about to begin. @param state with the metrics of the probe */
export function initialProbe(state: ReleaseState, now: number): ProbeMemory {
  const countFrom = state.countFrom ?? state.phaseAt
  return {
    stage: 'Baseline',
    since: Math.max(now, countFrom),
    watchedAt: state.phaseAt,
    met: 0,
    token: crypto.randomUUID(),
    ...nothingGathered(state, countFrom),
  }
}

/** No request was counted yet since a moment. */
export function nothingGathered(state: ReleaseState, countedTo: number): Gathered {
  const { metrics, steps } = state.plan
  return { evidence: { ...initialEvidence(measuresOf(metrics), steps.length), step: state.step }, countedTo }
}

/** When a stage ends at the latest (milliseconds since the epoch); undefined: nobody knows yet. */
export function stageEndsAt(
  { stage, since, injected, removedAt = since }: ProbeMemory,
  { durationMs, recoveryMs }: PlannedFault,
): number | undefined {
  if (stage === 'Baseline') return since + durationMs
  return stage === 'Fault' ? injected?.expiresAt : removedAt + recoveryMs
}
