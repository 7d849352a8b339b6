import type { ObjectRef } from './api/names.ts'
import type { RawRollout } from './api/v1alpha1/rollout.ts'
import type { RolloutStatus } from './api/v1alpha1/status.ts'
import type { LabeledSeries } from './core/analysis/istio.ts'
import type { PrometheusAccess } from './core/analysis/access.ts'
import type { CountSeries } from './core/analysis/count-series.ts'
import type { Reading } from './core/analysis/number.ts'
import type { CountQueries } from './core/analysis/query/source.ts'
import type { WebRequest } from './core/analysis/query/web.ts'
import type { Judgement } from './core/analysis/verdict.ts'
import type { KnownHost, SidecarScope } from './core/faults/scope.ts'
import type { ProberAnswer } from './core/faults/answers.ts'
import type { ReleaseState, Wanted } from './core/machine/state.ts'
import type { BudgetView } from './core/policy/budgets.ts'
import type { AutoscalerView, Floor, FloorEdit } from './core/policy/floors.ts'
import type { LabelSelector } from './core/policy/selector.ts'
import type { Tracker } from './core/policy/tracking.ts'
import type { RolloutEvent } from './core/status/events.ts'
import type { ProxyView, TrafficQuestion } from './core/traffic/proxies.ts'
import type { DestinationRule, MeshObject, ServiceHost, VirtualService } from './core/traffic/types.ts'

/**
 * What Sluice needs of the world, in the words of those who need it. Adapters implement these; in-memory fakes pass the
 * same contract tests.
 */

export interface MeshRef extends ObjectRef {
  readonly kind: MeshObject['kind']
}

/** Somebody else wrote since the object was read: read again, decide again. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** The cluster does not allow what was asked: rights are missing, or a policy or a schema says no. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** `Cached` may be a little old and costs nothing; `Fresh` asks the API server. */
export type Freshness = 'Cached' | 'Fresh'

/** VirtualServices and DestinationRules. */
export interface Mesh {
  read(ref: MeshRef, freshness: Freshness): Promise<MeshObject | undefined>
  /** Writes an object that was read before. Throws a ConflictError when it changed since. */
  write(object: MeshObject): Promise<void>
  /**
   * Asks whether a write would be taken, and changes nothing. Throws a RefusedError when it would not, a ConflictError
   * when the object changed since it was read.
   */
  rehearse(object: MeshObject): Promise<void>
  /** All VirtualServices of all namespaces, as cached. */
  virtualServices(): readonly VirtualService[]
  /** All DestinationRules of all namespaces, as cached. */
  destinationRules(): readonly DestinationRule[]
}

/** The same, one at a time. */
export type MeshAccess = Pick<Mesh, 'read' | 'write'>

/** Makes and removes objects that are our own as a whole. */
export interface MeshMaking {
  /** Throws a ConflictError when one of that name is there already, a RefusedError when it is not allowed. */
  create(object: MeshObject): Promise<void>
  /** Removes an object as it was read; false: it was gone already. Throws a ConflictError when it changed since. */
  remove(object: MeshObject): Promise<boolean>
  /**
   * Asks whether one could be made, and changes nothing. Throws a RefusedError when it could not, a ConflictError when one
   * of that name is there already.
   */
  rehearse(object: MeshObject): Promise<void>
}

/** Which hosts the mesh knows, and which proxies know them; all reads are from caches. */
export interface MeshScope {
  /** By what the mesh knows a full host: a Service, or ServiceEntries that name it or cover it by a wildcard. */
  hosts(host: string): readonly KnownHost[]
  /** Sidecars that may hold for pods of a namespace: its own, and those of the root namespace. */
  sidecars(namespace: string): readonly SidecarScope[]
}

/** Something that happened to an object of the mesh, for people. */
export interface MeshEvent {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase. */
  readonly reason: string
  readonly message: string
}

/** Tells people what happened to objects of the mesh that may belong to no Rollout. */
export interface MeshEvents {
  /** Records a Kubernetes event, once for each version of the object. Never throws: what cannot be written is logged. */
  record(object: MeshObject, event: MeshEvent): Promise<void>
}

/** A pod, as far as a release cares. */
export interface PodView {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly ready: boolean
  /** A container ended with an error and waits to be started again. */
  readonly crashing: boolean
  readonly terminating: boolean
  /** It has a proxy of the mesh, or its injection was noted: its calls are routed by VirtualServices. */
  readonly hasSidecar: boolean
}

/** A Deployment, StatefulSet or another kind with a pod template, as far as a release cares. */
export interface WorkloadView extends ObjectRef {
  readonly kind: string
  /** Plural and group, as kubectl names it: `deployments.apps`. */
  readonly resource: string
  readonly uid: string
  readonly resourceVersion: string
  readonly labels: Readonly<Record<string, string>>
  /** Labels of its pod template. */
  readonly podLabels: Readonly<Record<string, string>>
  /** By which it finds its pods; absent for a kind that has none. */
  readonly selector?: LabelSelector
  /** Undefined for a kind that has none, such as a DaemonSet. */
  readonly replicas?: number
  /** The tool that keeps the workload, and would bring it back. */
  readonly trackedBy?: Tracker
  /** Hash of its pod template. */
  readonly templateHash: string
}

export interface ServiceView extends ServiceHost {
  /** Empty when the Service selects no pods. */
  readonly selector: Readonly<Record<string, string>>
}

/** A namespace, as far as a release cares. */
export interface NamespaceView {
  readonly labels: Readonly<Record<string, string>>
}

/** What runs in the cluster; all reads are from caches. */
export interface Workloads {
  namespace(name: string): NamespaceView | undefined
  service(ref: ObjectRef): ServiceView | undefined
  pods(namespace: string, selector: Readonly<Record<string, string>>): readonly PodView[]
  workloads(namespace: string, selector: Readonly<Record<string, string>>): readonly WorkloadView[]
}

/** What a write changed. */
export interface Changed<T> {
  readonly from: T
  readonly to: T
}

/**
 * Sizes of workloads, and who has a say in them. Reads are from caches. Writes are made of what is there now: after a
 * conflict it is read again, and `next` or `edit` is asked again. What is gone counts as done. Writes throw a
 * RefusedError when they are not allowed.
 */
export interface Scaling {
  /** Those of a namespace, or all. */
  autoscalers(namespace?: string): readonly AutoscalerView[]
  budgets(namespace: string): readonly BudgetView[]
  /**
   * Writes the number of replicas that `next` makes of the current one; undefined, or the same, writes nothing. A
   * workload without replicas is left as it is.
   */
  scale(
    workload: WorkloadView,
    next: (replicas: number) => number | undefined,
  ): Promise<Changed<number> | undefined>
  /** Writes the floor that `edit` makes of an autoscaler; undefined writes nothing. */
  setFloor(autoscaler: AutoscalerView, edit: FloorEdit): Promise<Changed<Floor> | undefined>
  /** Deletes this very workload, and its pods after it; another one of the same name stays. */
  remove(workload: WorkloadView): Promise<void>
}

/** Wakes those who wait for something in a namespace to change. */
export interface Changes {
  /**
   * Resolves at the next change of a mesh object, Service, workload, pod or Rollout in one of the namespaces, after
   * `maxMs` (milliseconds) at the latest, and at once when the signal aborts.
   */
  next(namespaces: readonly string[], maxMs: number, signal: AbortSignal): Promise<void>
}

/** What the proxies do with the traffic of a service. */
export interface Propagation {
  /** How this port knows; shown as `status.weight.observedBy`. */
  readonly name: string
  look(question: TrafficQuestion): Promise<ProxyView>
}

/** The metrics system is unwell: unreachable, overloaded, or its answer makes no sense. Never the canary's fault. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
}

/** Asks for the raw samples of a time. */
export interface CounterQuery extends TimeSpan {
  /** Full mesh host. */
  readonly service: string
  /** Whose counters; absent: those of the callers. */
  readonly reporter?: Reporting
  /** For long spans: a sample of each series at this distance (milliseconds) instead of all of them. */
  readonly stepMs?: number
  /** Of what lies before this time, the last few samples of each series are enough; absent: all are asked for. */
  readonly sinceMs?: number
}

/**
 * Who counts a request: the proxies of callers, which see all that becomes of it on the way, or those of the pods that
 * answer, which tell pods apart and see attempts that a retry hides from the caller.
 */
export type Reporting = 'Source' | 'Destination'

/** Raw counters of requests to a service, of all of its versions. Both throw a ProviderError. */
export interface MetricsSource {
  requests(query: CounterQuery): Promise<readonly LabeledSeries[]>
  /** Cumulative histogram buckets; the label `le` is the boundary in milliseconds. */
  latencies(query: CounterQuery): Promise<readonly LabeledSeries[]>
}

/** Prometheus, as one who is let in reads it. */
export type OpenPrometheus = Pick<Ports, 'metrics' | 'queries'>

/** Prometheus as Rollouts name it. */
export interface NamedPrometheus {
  /**
   * Neither headers nor credentials of the configuration are sent. Those who have the same access share queries; to be
   * asked for at each look, since what nobody asks for is dropped. Throws a ProviderError when nobody can ask so.
   */
  open(access: PrometheusAccess): OpenPrometheus
}

/** Rollouts. */
export interface RolloutStore {
  /** The Rollout as cached. */
  get(ref: ObjectRef): RawRollout | undefined
  /** Those of a namespace, or all. */
  list(namespace?: string): readonly RawRollout[]
  /**
   * Writes the status that `next` makes of the current one; `undefined` or an equal one writes nothing. Conflicts are
   * resolved by reading again. A Rollout that is gone, or another one of the same name, counts as done.
   */
  updateStatus(
    rollout: ObjectRef & { readonly uid: string },
    next: (prior: RolloutStatus) => RolloutStatus | undefined,
  ): Promise<void>
  /**
   * Adds or removes our finalizer. False when the Rollout is gone, or is being deleted and can take no new finalizer.
   */
  setFinalizer(rollout: ObjectRef & { readonly uid: string }, present: boolean): Promise<boolean>
  /** Records an event. Never throws: an event that cannot be written is logged. */
  record(rollout: ObjectRef & { readonly uid: string }, event: RolloutEvent): Promise<void>
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}

/** Starts workflows; a second start is a signal. */
export interface Engine {
  /** Throws when the engine cannot be reached. */
  deliver(rollout: ObjectRef & { readonly uid: string }, wanted: Wanted): Promise<void>
  /** Keys (`namespace/name`) of the Rollouts that have an open workflow. Throws when the engine cannot be reached. */
  open(): Promise<ReadonlySet<string>>
}

/** Counts and logs what happened; never throws. */
export interface Reporter {
  /** An action ended and the release moved on. */
  moved(before: ReleaseState, after: ReleaseState): void
  judged(state: ReleaseState, judgement: Judgement): void
  /** Nobody could watch a canary with weight for so many seconds. */
  unwatched(state: ReleaseState, seconds: number): void
  /** Weight 0 was written so many milliseconds after the evidence was complete. */
  lowered(state: ReleaseState, afterMs: number): void
}

/** What the administrator allows. */
export interface Limits {
  /** Longest time that a fault of a probe may stand (milliseconds). */
  readonly faultMaxDurationMs: number
  /** Percent of the requests of users that may meet a fault. */
  readonly faultMaxPercent: number
}

/** All that activities need. */
export interface Ports {
  readonly mesh: Mesh
  readonly making: MeshMaking
  readonly scope: MeshScope
  readonly workloads: Workloads
  readonly scaling: Scaling
  readonly changes: Changes
  readonly propagation: Propagation
  readonly metrics: MetricsSource
  readonly queries: MetricQueries
  readonly named: NamedPrometheus
  readonly web: WebMetrics
  readonly prober: Prober
  readonly templates: MetricTemplates
  readonly secrets: Secrets
  readonly store: RolloutStore
  readonly clock: Clock
  readonly reporter: Reporter
  readonly limits: Limits
}

/** Kinds whose changes concern Rollouts. */
export type WatchedKind = 'Rollout' | 'VirtualService' | 'DestinationRule' | 'Service' | 'Workload'

/** A change that was seen. */
export interface Seen {
  readonly kind: WatchedKind
  readonly object: ObjectRef
  /** The object was deleted. */
  readonly gone: boolean
}

/** Tells of changes, of everything that is there at first. */
export interface Watches {
  subscribe(listener: (seen: Seen) => void): void
}

/** A time, in milliseconds since the epoch. */
export interface TimeSpan {
  readonly fromMs: number
  readonly toMs: number
}

/** Answers to queries that users wrote, from Prometheus. Parameters are filled in already. */
export interface MetricQueries {
  /**
   * One number at a time (milliseconds since the epoch; absent: now, by the clock of Prometheus). Never throws: an
   * unwell Prometheus, a query that it refuses, and an answer that is not one number are readings, too.
   */
  number(query: string, atMs?: number): Promise<Reading>
  /** Raw samples of counters, by version. Throws a ProviderError. */
  counters(queries: CountQueries, span: TimeSpan): Promise<CountSeries>
  /** Names of all metrics, some thousands perhaps. Throws a ProviderError. */
  names(): Promise<readonly string[]>
}

/** Numbers that web addresses answer with. */
export interface WebMetrics {
  /** Never throws: what is wrong is a reading, too. */
  number(request: WebRequest): Promise<Reading>
}

/** What a prober is to send, and for how long. */
export interface ProbeOrder {
  readonly url: string
  /** Sent instead of that of the URL. */
  readonly host?: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly requestsPerSecond: number
  /** Nothing is sent after so many milliseconds. */
  readonly forMs: number
  /** Longest time for a whole answer (milliseconds). */
  readonly timeoutMs: number
}

/** A prober under way. Neither throws. */
export interface Probing {
  /** Answers that came since this was last asked, and what went without. */
  take(): readonly ProberAnswer[]
  /** Nothing more is sent, and no answer waited for. */
  stop(): void
}

/** Sends requests of our own, to see what callers of the canary see. */
export interface Prober {
  /** Begins at once. Never throws: what is wrong is told as a request without an answer. */
  start(order: ProbeOrder): Probing
}

/** MetricTemplates. */
export interface MetricTemplates {
  /** The spec as cached; undefined: there is no such MetricTemplate. It may be invalid where an older CRD let it pass. */
  spec(ref: ObjectRef): unknown
}

/** Secrets that users let Sluice read. */
export interface Secrets {
  /** The text under a key. Throws a RefusedError that says what to do when it may not be read, or is not there. */
  read(ref: ObjectRef, key: string): Promise<string>
  /** The texts under all of its keys. Throws as `read` does. */
  readAll(ref: ObjectRef): Promise<Readonly<Record<string, string>>>
}
