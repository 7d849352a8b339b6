import type { PlannedFault } from './planned.ts'
import { faultId } from './record.ts'
import type { FaultRecord, FaultRelease, Meets } from './record.ts'

/** Whose probe it is, whose requests meet it, and from when on. */
export interface Probing {
  /** `namespace/name` of the Rollout. */
  readonly owner: string
  readonly release?: FaultRelease
  /** For people who find it. */
  readonly reason: string
  /** Full host whose callers meet it. */
  readonly host: string
  readonly meets: Meets
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The fault of a probe, as it is written into a VirtualService. */
export function probeRecord(
  fault: PlannedFault,
  { owner, release, reason, host, meets, at }: Probing,
): FaultRecord {
  const { name, abort, delay, durationMs } = fault
  return {
    id: faultId(owner, name),
    name,
    owner,
    ...(release && { release }),
    reason,
    host,
    injectedAt: new Date(at).toISOString(),
    expiresAt: new Date(at + durationMs).toISOString(),
    meets,
    ...(abort && { abort }),
    ...(delay && { delay }),
  }
}
