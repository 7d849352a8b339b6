import type { ReleaseState } from '../../core/machine/state.ts'
import { initialMemory } from '../observe/watch.ts'
import type { Outcome } from '../perform.ts'
import type { ProbeMemory } from './memory.ts'

/** Until nothing of a fault is in what scrapes bring any more (milliseconds): they are seldom further apart than looks. */
export function settleMs({ plan }: ReleaseState): number {
  return Math.max(plan.warmupMs, 2 * plan.intervalMs)
}

/**
 * From when on requests are free of what the fault did (milliseconds since the epoch): the first scrape after it brings it,
 * and until one was seen that is waited for.
 */
export function cleanFrom(
  { stage, injected, removedAt, countedTo }: ProbeMemory,
  state: ReleaseState,
  at: number,
): number {
  const endedAt = removedAt ?? at
  const isClean = injected === undefined || (stage === 'Recovery' && countedTo > endedAt)
  return isClean ? at : Math.max(at, endedAt + settleMs(state))
}

/** What a canary did under a fault, or for a probe alone, is no evidence of its steps: that is as it was before. */
export function withEvidenceOf(state: ReleaseState, { event, ...rest }: Outcome): Outcome {
  if (!('evidence' in event)) return { event, ...rest }
  return { event: { ...event, evidence: initialMemory(state).evidence }, ...rest }
}
