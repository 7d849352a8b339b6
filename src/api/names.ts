/** API group of all custom resources. */
export const GROUP = 'sluice.dev'
export const API_VERSION = 'v1alpha1'
export const GROUP_VERSION = `${GROUP}/${API_VERSION}`

/** Field manager of every write, and component of every event. Part of the API: GitOps tools name it in their rules. */
export const FIELD_MANAGER = 'sluice'

/** Stands on a Rollout only while something must be undone before the object may go. */
export const FINALIZER = `${GROUP}/release`

/** Annotation on VirtualService and DestinationRule: whose release moves them, and the fence (see core/traffic/mark). */
export const MARK_ANNOTATION = `${GROUP}/release`

/** Annotation on a VirtualService: namespaces whose Rollouts may move its weights, separated by commas. */
export const ALLOW_FROM_ANNOTATION = `${GROUP}/allow-from`

/** Annotation on a VirtualService: the faults of ours in it, each with owner and expiry (see core/faults/record). */
export const FAULTS_ANNOTATION = `${GROUP}/faults`

/** Annotation on a VirtualService by which a person keeps the faults in it that are not ours; its value is the reason. */
export const KEEP_FAULT_ANNOTATION = `${GROUP}/keep-fault`

/** How names of http routes begin that are ours: each is a copy of another one, with a fault. */
export const FAULT_ROUTE_PREFIX = 'sluice-fault-'

/** Header that only a prober of ours sends: its requests meet the fault, nobody else's. Lower case, as proxies have it. */
export const PROBE_HEADER = 'x-sluice-probe'

/**
 * Annotation by which a person takes in-use protection off (see deploy/protection): `"true"`, on the Rollout for its
 * workloads, on the VirtualService or DestinationRule for that object.
 */
export const ALLOW_REMOVAL_ANNOTATION = `${GROUP}/allow-removal`

/** Annotation on a HorizontalPodAutoscaler whose `minReplicas` a release holds up: by whom, and what it was before. */
export const HELD_ANNOTATION = `${GROUP}/held`

/** Task queue of workflows and of all that acts: weights, cleanup, status. Never waits behind observers. */
export const ACTING_QUEUE = 'sluice'
/** Task queue of the long observing activities. */
export const OBSERVING_QUEUE = 'sluice-observe'

/** Workflow type of a release. */
export const RELEASE_WORKFLOW = 'release'
/** Workflow type of a sweep. */
export const SWEEP_WORKFLOW = 'sweep'

/** Reference to a namespaced object. */
export interface ObjectRef {
  readonly namespace: string
  readonly name: string
}

/** `namespace/name`, as kubectl and logs write it. */
export function keyOf(ref: ObjectRef): string {
  return `${ref.namespace}/${ref.name}`
}

/** Inverse of {@link keyOf}. Throws a RangeError when the key has no slash. */
export function refOf(key: string): ObjectRef {
  const slash = key.indexOf('/')
  if (slash < 1) throw new RangeError(`"${key}" is not of the form namespace/name`)
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** The one workflow id of a Rollout: a second start becomes a signal. */
export function workflowId(cluster: string, rollout: ObjectRef): string {
  return `rollout:${cluster}/${keyOf(rollout)}`
}

/** Id of the schedule that sweeps a cluster, and how ids of its workflows begin. */
export function sweepId(cluster: string): string {
  return `sweep:${cluster}`
}

/** Inverse of {@link workflowId}: `namespace/name`; undefined for a workflow of another cluster, or of something else. */
export function rolloutOfWorkflow(cluster: string, id: string): string | undefined {
  const prefix = `rollout:${cluster}/`
  return id.startsWith(prefix) ? id.slice(prefix.length) : undefined
}
