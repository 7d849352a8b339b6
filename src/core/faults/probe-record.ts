import type { DependencyFault } from './planned.ts'
import { faultId } from './record.ts'
import type { FaultRecord, FaultRelease } from './record.ts'

/** Whose probe it is, whose calls meet it, and from when on. */
export interface Probing {
  /** `namespace/name` of the Rollout. */
  readonly owner: string
  readonly release?: FaultRelease
  /** For people who find it. */
  readonly reason: string
  /** The canary's pods. */
  readonly callers: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The fault of a probe of a dependency, as it is written into that one's VirtualService. */
export function probeRecord(
  fault: DependencyFault,
  { owner, release, reason, callers, at }: Probing,
): FaultRecord {
  const { name, dependency, abort, delay, durationMs } = fault
  return {
    id: faultId(owner, name),
    name,
    owner,
    ...(release && { release }),
    reason,
    host: dependency,
    injectedAt: new Date(at).toISOString(),
    expiresAt: new Date(at + durationMs).toISOString(),
    meets: { kind: 'Callers', ...callers },
    ...(abort && { abort }),
    ...(delay && { delay }),
  }
}
