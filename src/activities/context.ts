import { durationMs } from '../api/quantities.ts'
import { analysis } from '../api/v1alpha1/analysis.ts'
import { attributionOf } from '../core/analysis/attribution.ts'
import type { Attribution } from '../core/analysis/attribution.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import type { Patience } from '../core/policy/patience.ts'
import { queryOf, refOfPlanned } from '../core/policy/planned.ts'
import { selectorOf } from '../core/policy/pods.ts'
import { releaseOf } from '../core/traffic/context.ts'
import type { TrafficContext } from '../core/traffic/context.ts'
import type { ServiceHost } from '../core/traffic/types.ts'
import type { MeshRef, PodView, Ports, WorkloadView } from '../ports.ts'

/** A VirtualService that a release moves, and what edits of it need. */
export interface Target {
  readonly ref: MeshRef
  readonly traffic: TrafficContext
}

/** References to the managed VirtualServices of a release, in the order of its spec. */
export function routeRefs({ rollout, plan }: ReleaseState): MeshRef[] {
  return plan.virtualServices.map((planned) => ({
    kind: 'VirtualService',
    ...refOfPlanned(planned, rollout),
  }))
}

/** Namespaces of all that a release looks at. */
export function namespacesOf(state: ReleaseState): string[] {
  return [...new Set([state.rollout.namespace, ...routeRefs(state).map(({ namespace }) => namespace)])]
}

/** The managed DestinationRule of a release. */
export function ruleRef({ rollout, plan }: ReleaseState): MeshRef {
  return { kind: 'DestinationRule', namespace: rollout.namespace, name: plan.destinationRule }
}

/** The Service of a release. */
export function serviceOf({ rollout, plan }: ReleaseState): ServiceHost {
  return { namespace: rollout.namespace, name: plan.service }
}

/** The managed VirtualServices, with what edits of them need. */
export function targetsOf(state: ReleaseState): Target[] {
  const { plan, rollout } = state
  const release = releaseOf(state)
  return routeRefs(state).map((ref, place) => {
    const planned = plan.virtualServices[place] ?? { name: ref.name }
    return { ref, traffic: { ...release, route: queryOf(plan, planned, rollout) } }
  })
}

/** Pods of one version behind the Service; none without a Service. */
export function podsOf(ports: Ports, state: ReleaseState, version: string): readonly PodView[] {
  const selector = selectorFor(ports, state, version)
  return selector === undefined ? [] : ports.workloads.pods(state.rollout.namespace, selector)
}

/** Ready pods of one version. */
export function readyPods(ports: Ports, state: ReleaseState, version: string): number {
  return podsOf(ports, state, version).filter((pod) => pod.ready && !pod.terminating).length
}

/** Workloads whose pods are of one version and behind the Service; none without a Service. */
export function workloadsOf(ports: Ports, state: ReleaseState, version: string): readonly WorkloadView[] {
  const selector = selectorFor(ports, state, version)
  return selector === undefined ? [] : ports.workloads.workloads(state.rollout.namespace, selector)
}

/** How requests of the service are told apart, by its workloads as they are now. */
export function attributionFor(
  ports: Pick<Ports, 'workloads'>,
  state: ReleaseState,
): Attribution | undefined {
  const service = serviceOf(state)
  const selector = ports.workloads.service(service)?.selector ?? state.selector
  const workloads = selector ? ports.workloads.workloads(service.namespace, selector) : []
  return attributionOf(state.plan.versionLabel, workloads)
}

/** As the Rollout says now: a pause needs no round trip. */
export function isPaused(ports: Ports, state: ReleaseState): boolean {
  const spec = ports.store.get(state.rollout)?.spec as { paused?: unknown } | undefined
  return spec?.paused === true
}

/** How long a step may wait for a verdict: as the Rollout says now, and what follows as it said at the start. */
export function patienceOf(ports: Ports, { rollout, plan }: ReleaseState): Patience {
  const spec = ports.store.get(rollout)?.spec as { analysis?: unknown } | undefined
  const now = analysis.safeParse(spec?.analysis)
  if (!now.success || plan.patienceMs === undefined) return plan
  const { patience, onPatience } = now.data
  return { ...plan, patienceMs: durationMs(patience), onPatience }
}

/** As the Rollout says now: its deletion may have come while an action was under way. */
export function isToGo(ports: Ports, { rollout, wanted }: ReleaseState): boolean {
  return wanted.deleting || ports.store.get(rollout)?.meta.deletionTimestamp !== undefined
}

function selectorFor(ports: Ports, state: ReleaseState, version: string): Record<string, string> | undefined {
  const { selector } = state
  // A Service that was deleted and will be made anew takes no pods along.
  const service = ports.workloads.service(serviceOf(state)) ?? (selector && { selector })
  return selectorOf(service, state.plan.versionLabel, version)
}
