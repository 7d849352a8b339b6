import { durationMs, percentShare } from '../api/quantities.ts'
import type { MetricSpec } from '../api/v1alpha1/analysis.ts'
import type { OwnPrometheus } from '../api/v1alpha1/prometheus.ts'
import type { RolloutSpec } from '../api/v1alpha1/spec.ts'
import { plannedFaults } from './faults/planned.ts'
import type { PlannedFault } from './faults/planned.ts'

/** A step, with times in milliseconds. */
export interface PlannedStep {
  /** Percent of requests that the canary gets. */
  readonly weight: number
  readonly holdMs: number
  /** Names of the fault probes that are due at it, one after the other; absent: none. */
  readonly faults?: readonly string[]
}

/** A VirtualService whose weights are moved. */
export interface PlannedVirtualService {
  /** Absent: that of the Rollout. */
  readonly namespace?: string
  readonly name: string
  /** Names of the http routes to manage; absent: the only one that leads to the service. */
  readonly routes?: readonly string[]
}

/** Where the objects that Sluice makes are to be reached, besides the mesh host of the service. */
export interface PlannedObjects {
  readonly gateways: readonly string[]
  readonly hosts: readonly string[]
}

/** Name of the http route in a VirtualService that Sluice makes. */
export const GENERATED_ROUTE = 'primary'

/** What a release runs with from its beginning to its end: the spec at its start, in numbers. */
export interface Plan {
  readonly generation: number
  readonly service: string
  readonly versionLabel: string
  readonly virtualServices: readonly PlannedVirtualService[]
  readonly destinationRule: string
  /** VirtualService and DestinationRule are made by Sluice; absent: by somebody else. */
  readonly generated?: PlannedObjects
  readonly steps: readonly PlannedStep[]
  /** Fault probes that steps name; absent: none. */
  readonly faults?: readonly PlannedFault[]
  readonly metrics: readonly MetricSpec[]
  readonly intervalMs: number
  readonly warmupMs: number
  /** Chance (0–1) of rolling back a canary within its limits, over the whole release. */
  readonly falseRollback: number
  /** Absent from here on in releases that began before there was a choice. Chance (0–1) of passing a bad step. */
  readonly falsePromotion?: number
  /** Longest time after the hold of a step without a verdict; absent: any. */
  readonly patienceMs?: number
  readonly onPatience?: RolloutSpec['analysis']['onPatience']
  readonly onNoData?: RolloutSpec['analysis']['onNoData']
  readonly onProviderError?: RolloutSpec['analysis']['onProviderError']
  /** Absent: the controller's. */
  readonly prometheus?: OwnPrometheus
  readonly progressDeadlineMs: number
  /** Who scales; absent in releases that began before there was a choice: those wait for pods and scale nothing up. */
  readonly capacity?: RolloutSpec['capacity']
  readonly retirePolicy: RolloutSpec['retire']['policy']
  readonly retireAfterMs: number
}

/** The Rollout that a plan is for. */
interface PlannedFor {
  readonly namespace: string
  readonly name: string
  readonly generation: number
}

/** The plan of a Rollout's spec. */
export function planOf(spec: RolloutSpec, { namespace, name, generation }: PlannedFor): Plan {
  const faults = plannedFaults(spec.faults, namespace)
  return {
    generation,
    service: spec.traffic.service,
    versionLabel: spec.versionLabel,
    ...objectsOf(spec.traffic, name),
    steps: spec.steps.map(plannedStep),
    ...(faults.length > 0 && { faults }),
    metrics: spec.analysis.metrics,
    intervalMs: durationMs(spec.analysis.interval),
    warmupMs: durationMs(spec.analysis.warmup),
    falseRollback: percentShare(spec.analysis.falseRollback),
    falsePromotion: percentShare(spec.analysis.falsePromotion),
    patienceMs: durationMs(spec.analysis.patience),
    onPatience: spec.analysis.onPatience,
    onNoData: spec.analysis.onNoData,
    onProviderError: spec.analysis.onProviderError,
    ...(spec.analysis.prometheus && { prometheus: spec.analysis.prometheus }),
    progressDeadlineMs: durationMs(spec.progressDeadline),
    capacity: spec.capacity,
    retirePolicy: spec.retire.policy,
    retireAfterMs: durationMs(spec.retire.after),
  }
}

function plannedStep({ weight, hold, faults = [] }: RolloutSpec['steps'][number]): PlannedStep {
  return { weight, holdMs: durationMs(hold), ...(faults.length > 0 && { faults }) }
}

type PlannedTraffic = Pick<Plan, 'virtualServices' | 'destinationRule' | 'generated'>

function objectsOf({ existing, generated }: RolloutSpec['traffic'], rollout: string): PlannedTraffic {
  if (existing === undefined) {
    const virtualServices = [{ name: rollout, routes: [GENERATED_ROUTE] }]
    return { virtualServices, destinationRule: rollout, generated: generated ?? { gateways: [], hosts: [] } }
  }
  const virtualServices = existing.virtualServices.map(({ namespace, name, routes }) => ({
    ...(namespace !== undefined && { namespace }),
    name,
    ...(routes !== undefined && { routes }),
  }))
  return { virtualServices, destinationRule: existing.destinationRule.name }
}
