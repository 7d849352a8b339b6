import { durationMs } from '../../api/quantities.ts'
import type { FaultSpec } from '../../api/v1alpha1/faults.ts'
import type { ProberSpec } from '../../api/v1alpha1/prober.ts'
import { resolveHost } from '../traffic/hosts.ts'
import type { AbortFault, DelayFault } from './record.ts'

/** A fault probe of a release's plan, with times in milliseconds. */
export interface PlannedFault {
  readonly name: string
  /** Full host whose calls by the canary meet the fault. */
  readonly dependency?: string
  /** Instead: what the prober sends, which alone meets the fault on its way to the canary. */
  readonly canary?: ProberSpec
  /** Instead: requests of users meet it. */
  readonly traffic?: 'RealRequests'
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

/** A fault probe of a dependency. */
export type DependencyFault = PlannedFault & { readonly dependency: string }

/**
 * The fault probes of a spec.
 * @param namespace that of the Rollout, in which a host without dots is a Service
 */
export function plannedFaults(faults: readonly FaultSpec[], namespace: string): PlannedFault[] {
  return faults.map((fault) => {
    const { dependency, canary, traffic, abort, delay, expect } = fault
    return {
      name: fault.name,
      ...(dependency !== undefined && { dependency: resolveHost(dependency, namespace) }),
      ...(canary && { canary }),
      ...(traffic && { traffic }),
      ...(abort && { abort: abortOf(abort) }),
      ...(delay && { delay: delayOf(delay) }),
      durationMs: durationMs(fault.duration),
      recoveryMs: durationMs(fault.recovery),
      ...(expect && { expect: expect.map(({ metric, max }) => ({ metric, max })) }),
      required: fault.required,
    }
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
