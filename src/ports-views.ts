import type { ObjectRef } from './api/names.ts'
import type { RawRollout } from './api/v1alpha1/rollout.ts'
import type { StepRecord } from './core/analysis/record.ts'
import type { ResultEvent } from './core/machine/event.ts'
import type { ReleaseState } from './core/machine/state.ts'
import type { RolloutEvent } from './core/status/events.ts'

/** What Sluice needs of the world for people who look; see src/ports.ts. */

/** An event that was recorded on a Rollout. */
export interface RecordedEvent {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly type: RolloutEvent['type']
  readonly reason: string
  readonly message: string
}

/** A Rollout together with the object as the API server gave it, for those who want all of it. */
export interface FoundRollout extends RawRollout {
  readonly manifest: object
}

/** What is seen of a Rollout at one moment. */
export interface RolloutSight {
  /** Undefined: there is no such Rollout. */
  readonly rollout: RawRollout | undefined
  /** In the order in which they happened. */
  readonly events: readonly RecordedEvent[]
  /** Why this may be out of date; trying again by itself. */
  readonly problem?: string
}

/** Rollouts as people look at them. Both throw when the cluster does not answer, or refuses. */
export interface RolloutViewer {
  /** Those of a namespace, or of all namespaces. */
  list(namespace: string | undefined): Promise<readonly FoundRollout[]>
  /** Tells what is seen now and after every change; resolves when the signal aborts. */
  follow(rollout: ObjectRef, listener: (sight: RolloutSight) => void, signal: AbortSignal): Promise<void>
}

/** An object as a file or the API server has it. */
export interface Manifest {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectRef & { readonly [field: string]: unknown }
  readonly spec?: unknown
  readonly status?: unknown
  readonly [field: string]: unknown
}

/** Kinds of which people look at one object before a release. */
export type ReadKind = 'Namespace' | 'Service' | 'VirtualService' | 'DestinationRule'
/** Kinds of which they look at all. */
export type ListKind =
  'Rollout' | 'VirtualService' | 'DestinationRule' | 'ServiceEntry' | 'Sidecar' | 'Deployment' | 'StatefulSet'

/**
 * Objects of the cluster, for people who look before they release; never a Secret. All throw a RefusedError where rights
 * are missing, and another Error when the cluster does not answer.
 */
export interface ObjectReader {
  /** Undefined: there is no such object, or the cluster does not know the kind. */
  read(kind: ReadKind, ref: ObjectRef): Promise<Manifest | undefined>
  /** Those of a namespace, or of all namespaces; none of a kind that the cluster does not know. */
  list(kind: ListKind, namespace: string | undefined): Promise<readonly Manifest[]>
  pods(namespace: string): Promise<readonly Manifest[]>
}

/** What the engine keeps of a release. */
export interface KeptRelease {
  /** Of the workflow execution in which it began. */
  readonly runId: string
  /** When that began; milliseconds since the epoch. */
  readonly startedAt: number
  readonly isOver: boolean
  /** As it was at its last action. */
  readonly state: ReleaseState
  /** Results of its actions, oldest first. */
  readonly results: readonly ResultEvent[]
  /** Looks of its steps, oldest first; those of a step under way as they were last told. */
  readonly records: readonly StepRecord[]
}

/** Releases as they were, as long as the engine keeps them. */
export interface ReleaseArchive {
  /** Those of a Rollout's workflow, newest first; read one by one. Throws when the engine cannot be reached. */
  releases(workflowId: string): AsyncIterable<KeptRelease>
}
