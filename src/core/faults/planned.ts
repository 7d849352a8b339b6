import { durationMs } from '../../api/quantities.ts'
import type { FaultSpec } from '../../api/v1alpha1/faults.ts'
import { resolveHost } from '../traffic/hosts.ts'
import type { AbortFault, DelayFault } from './record.ts'

/** A fault probe of a release's plan, with times in milliseconds. */
export interface PlannedFault {
  readonly name: string
  /** Full host whose calls by the canary meet the fault. */
  readonly dependency: string
  readonly abort?: AbortFault
  readonly delay?: DelayFault
  /** The fault is taken out after this time at the latest. */
  readonly durationMs: number
  /** Longest time after the fault until the canary is within its limits again. */
  readonly recoveryMs: number
  /** Limits while the fault is on; absent: those of the analysis. */
  readonly expect?: readonly { readonly metric: string; readonly max: string }[]
  /** A canary that fails the probe is rolled back. */
  readonly required: boolean
}

/**
 * The fault probes of a spec.
 * @param namespace that of the Rollout, in which a host without dots is a Service
 */
export function plannedFaults(faults: readonly FaultSpec[], namespace: string): PlannedFault[] {
  return faults.flatMap((fault) => {
    // The schema asks for it; a probe without one would have no callers.
    if (fault.dependency === undefined) return []
    return [
      {
        name: fault.name,
        dependency: resolveHost(fault.dependency, namespace),
        ...(fault.abort && { abort: abortOf(fault.abort) }),
        ...(fault.delay && { delay: delayOf(fault.delay) }),
        durationMs: durationMs(fault.duration),
        recoveryMs: durationMs(fault.recovery),
        ...(fault.expect && { expect: fault.expect.map(({ metric, max }) => ({ metric, max })) }),
        required: fault.required,
      },
    ]
  })
}

function abortOf({ percent, httpStatus, grpcStatus }: NonNullable<FaultSpec['abort']>): AbortFault {
  return {
    percent,
    ...(httpStatus !== undefined && { httpStatus }),
    ...(grpcStatus !== undefined && { grpcStatus }),
  }
}

function delayOf({ percent, fixedDelay }: NonNullable<FaultSpec['delay']>): DelayFault {
  return { percent, delayMs: durationMs(fixedDelay) }
}
