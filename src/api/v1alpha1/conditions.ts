/** Condition types as kstatus reads them. */
export type ConditionType = 'Ready' | 'Reconciling' | 'Stalled'

/**
 * Reasons of conditions, and what each means for the user. Rolled back, refused and invalid are Stalled; releasing,
 * waiting, and Temporal or Prometheus out of reach are Reconciling; stable is Ready.
 */
export const REASONS = {
  Stable: 'Users have the version wanted.',
  Promoted: 'The version wanted passed all steps and has all traffic.',
  Starting: 'A release is about to start.',
  Checking: 'Preflight looks whether the release can work.',
  Preparing: 'Canary pods must be ready and their subset known to the proxies before any weight moves.',
  Progressing: 'The canary has weight and is observed.',
  Paused: 'The Rollout is paused: no release starts and no step ends; a canary with weight stays guarded.',
  PatienceExceeded:
    'The evidence was not enough within patience: the canary keeps its weight, guarded, until it is or somebody decides.',
  StableLost:
    'No pod of the stable version is ready: the canary has all traffic until one is, and the release waits.',
  Promoting: 'The canary passed all steps and becomes the only version.',
  Drifted: 'Somebody else’s weights stand in the route; they are put back as soon as that can be done.',
  RollingBack: 'Weight is 0 again; the canary is being cleaned away.',
  Deleting: 'The Rollout is being deleted; traffic goes back to stable first.',
  EngineUnreachable: 'Temporal does not answer, or lacks the namespace; the controller keeps trying.',
  PrometheusUnreachable: 'Prometheus does not answer; the release begins when it does.',
  Invalid: 'The spec is not valid; nothing is touched until it is corrected.',
  PreflightFailed:
    'The release cannot work as things stand; nothing was touched. It goes on by itself when corrected.',
  StableUnknown: 'Route, mark and status disagree about the version that users have; nothing is touched.',
  RolledBack: 'The release was taken back. It is not started again until version or pod template changes.',
} as const

export type Reason = keyof typeof REASONS

/** Reasons for which a release is taken back, as history, events and metrics show them. */
export const ENDING_REASONS = {
  MetricFailed: 'A metric of the canary crossed its limit.',
  PatienceExceeded: 'The evidence was not enough within patience, and onPatience is Rollback.',
  NoData: 'There was no request to judge by within patience, and onNoData is Fail.',
  ProviderError: 'Prometheus did not answer for as long as patience, and onProviderError is Rollback.',
  ProbeFailed: 'The canary failed a required fault probe.',
  CanaryLost: 'The canary lost all ready pods.',
  CanaryCrashed: 'The canary crashed until no pod was ready.',
  ProgressDeadlineExceeded: 'Canary pods were not ready within progressDeadline.',
  TrafficObjectGone: 'The VirtualService or its route was removed while the canary had weight.',
  ReturnedToStable: 'The Rollout asked for the stable version again.',
  Superseded: 'Another version or pod template is wanted.',
  Deleted: 'The Rollout is being deleted.',
  NotAllowed: 'A VirtualService of another namespace does not allow this one to move it any more.',
  WriteRefused:
    'The API server refused a write for a minute: rights, an admission policy or a schema say no.',
  Halted: 'The release was marked as over in the VirtualService while it wanted to raise a weight.',
  WorkflowLost: 'The workflow of the release was lost; its traces were taken back.',
  Cancelled: 'Somebody cancelled the workflow of the release.',
  ActionFailed: 'A part of the release failed in a way that no retry mends; the message says how.',
} as const

export type EndingReason = keyof typeof ENDING_REASONS

/** What preflight may find. Nothing is touched; the release starts by itself when all is in order. */
export const FINDING_REASONS = {
  ServiceNotFound: 'spec.traffic.service names no Service.',
  ServiceWithoutSelector: 'The Service selects no pods.',
  ServiceSelectsVersion: 'The Service selects by the version label, so other versions never get its traffic.',
  NamespaceAmbient: 'The namespace is in ambient mode, where no sidecar follows weights.',
  VirtualServiceNotFound: 'spec.traffic.existing.virtualServices[].name names no VirtualService.',
  NotAllowed: 'The VirtualService is in another namespace and does not allow this one to move it.',
  RouteNotFound: 'No http route of the VirtualService leads to the service.',
  RouteAmbiguous: 'Several http routes lead to the service and none is named.',
  RouteUnsupported: 'The route redirects, answers directly or delegates, so there are no weights to move.',
  RouteWithoutSubset: 'The route sends to the service without a subset, so every version gets traffic.',
  RouteSplit: 'The route divides traffic between several versions, so stable is not known.',
  RouteOwned: 'Another Rollout moves this route.',
  DestinationRuleNotFound: 'spec.traffic.existing.destinationRule.name names no DestinationRule.',
  DestinationRuleForAnotherHost: 'The DestinationRule is for another host.',
  DestinationRuleContradicted: 'A DestinationRule in another namespace is for the same host.',
  SubsetNotFound: 'The route names a subset that the DestinationRule lacks.',
  SubsetWithoutVersion: 'The subset of the route does not select by the version label.',
  SubsetAmbiguous:
    'The managed routes name several subsets of one version, so a rollback could not give each its own back.',
  ShareTooSmall:
    'The route also sends elsewhere, and the service’s share of the weights has no whole parts for the steps.',
  SubsetNameTaken: 'The name of the canary’s subset is used for other labels.',
  StableUnknown: 'Route, mark and status disagree about the version that users have.',
  StableNotReady: 'No pod of the stable version is ready.',
  WorkloadsOverlap: 'The selector of a workload of one version also means the pods of the other.',
  WorkloadTracked: 'spec.retire.policy is Delete, and Argo CD, Flux or Helm tracks the old workload.',
  CanaryNotFound: 'No pod or workload carries the version wanted.',
  PrometheusUnreachable: 'Prometheus does not answer.',
  PrometheusAccessUnusable:
    'Nobody can ask as spec.analysis.prometheus says: its Secret cannot be read or is of no use, or its URL is refused.',
  WriteRefused: 'The API server would refuse a write of the release: rights, a policy or a schema say no.',
  MetricsMissing: 'Prometheus has no Istio metrics of the service.',
  MetricsAnonymous: 'Prometheus has Istio metrics of the service, and none that name the stable version.',
  BoundaryMissing: 'The latency histogram has no boundary at the limit, or there is no histogram.',
  MetricUnanswerable:
    'The question of a metric cannot be asked: its MetricTemplate is missing or does not fit, or a parameter has no value.',
  MetricUnknown: 'A query reads metrics that Prometheus does not have.',
  DependencyNotFound: 'A fault probe names a host that is no Service, and that no ServiceEntry has.',
  DependencyIsService: 'A fault probe names the service that is released, and not one that it calls.',
  DependencyUnsupported:
    'No fault can be injected for the dependency: its VirtualService delegates, has no http route, has a wildcard for a host or is one of several, or proxies cannot read what is sent.',
  DependencyNotAllowed:
    'The VirtualService of the dependency is in another namespace and does not allow this one to change it.',
  DependencyHidden: 'exportTo or a Sidecar hides the dependency from the canary’s pods, so no fault arrives.',
  ProbeWithoutSidecar: 'The canary’s pods have no sidecar, so no fault arrives at their calls.',
  ProbeNotPermitted:
    'Users would meet the fault, and the administrator does not allow it for that share (SLUICE_FAULT_MAX_PERCENT).',
  ProbeTooLong: 'A fault would last longer than the administrator allows.',
  ProbeExpectUnfit: 'A fault probe holds a metric to a limit that it cannot be held to.',
} as const

export type FindingReason = keyof typeof FINDING_REASONS
