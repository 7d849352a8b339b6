import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { RolloutStatus } from '../../api/v1alpha1/status.ts'
import type { Finding, ReleaseState } from '../machine/state.ts'
import type { Plan } from '../plan.ts'
import type { DestinationRule, HttpRoute, ServiceHost, VirtualService } from '../traffic/types.ts'
import type { FaultScene } from './fault-scene.ts'
import type { LabelSelector } from './selector.ts'
import type { Tracker } from './tracking.ts'

/** A Service with the labels of its pods. */
export type SelectingService = ServiceHost & { readonly selector: Readonly<Record<string, string>> }

/** All that preflight looks at, gathered before anything is decided. */
export interface Scene {
  readonly rollout: ReleaseState['rollout']
  readonly plan: Plan
  /** The version wanted. */
  readonly version: string
  readonly initialVersion: string | undefined
  readonly status: RolloutStatus
  readonly service: SelectingService | undefined
  /** As the plan lists them. */
  readonly virtualServices: readonly (VirtualService | undefined)[]
  readonly destinationRule: DestinationRule | undefined
  /** All DestinationRules of the mesh; those for other hosts do no harm. */
  readonly destinationRules: readonly DestinationRule[]
  /** Labels of the Rollout's namespace. */
  readonly namespaceLabels: Readonly<Record<string, string>>
  /** All Rollouts that may ask for the same routes, this one among them. */
  readonly rollouts: readonly RawRollout[]
  /** Ready pods of the service by version. */
  readonly readyPods: Readonly<Record<string, number>>
  /** Versions that pods or workloads of the service carry, ready or not. */
  readonly versions: readonly string[]
  /** Workloads of the service. */
  readonly workloads?: readonly SelectingWorkload[]
  /** Workloads of the service that a tool keeps. */
  readonly tracked?: readonly TrackedWorkload[]
  readonly metrics: MetricsScene
  /** What fault probes need; absent where the plan has none. */
  readonly faults?: FaultScene
  /** What the API server says of the first writes, where it would refuse them; absent until they were rehearsed. */
  readonly refusals?: readonly WriteRefusal[]
}

/** A write that would not be taken. */
export interface WriteRefusal {
  /** As people name it: `VirtualService shop/reviews`. */
  readonly object: string
  /** Sentence of the API server. */
  readonly problem: string
}

/** A workload with the pods that it takes for its own. */
export interface SelectingWorkload {
  readonly version: string
  /** As kubectl takes it: `deployments.apps/reviews-v1`. */
  readonly name: string
  readonly podLabels: Readonly<Record<string, string>>
  readonly selector?: LabelSelector | undefined
}

/** A workload that would come back if it was deleted. */
export interface TrackedWorkload {
  readonly version: string
  /** As kubectl takes it: `deployments.apps/reviews-v1`. */
  readonly name: string
  readonly by: Tracker
}

/** What Prometheus said. */
export interface MetricsScene {
  /** Why it could not be read; absent when it answered. */
  readonly problem?: string
  /** Why nobody can ask as `spec.analysis.prometheus` says; absent when one can. */
  readonly accessProblem?: string
  /** It has request counters of the service. */
  readonly scraped: boolean
  /** Versions whose requests are told apart. */
  readonly versions?: readonly string[]
  /** Finite boundaries of the latency histogram in milliseconds, rising; empty when there is none. */
  readonly boundariesMs: readonly number[]
  /** Of a native histogram, by what a boundary is a multiple of the one before. */
  readonly growth?: number
  /** Time between two scrapes of a proxy (milliseconds); absent where nobody was scraped twice. */
  readonly scrapeMs?: number
  /** What is wrong with metrics of the user's own. */
  readonly findings?: readonly Finding[]
}

/** The objects of a scene, once they are known to be there and to fit. */
export interface Ground {
  readonly scene: Scene
  readonly service: SelectingService
  readonly routes: readonly GroundRoute[]
  readonly destinationRule: DestinationRule
}

/** One of the managed routes. */
export interface GroundRoute {
  readonly virtualService: VirtualService
  readonly route: HttpRoute
  /** Its VirtualService in the spec. */
  readonly field: string
}
