import { keyOf } from '../api/names.ts'
import type { ObjectRef } from '../api/names.ts'
import { desiredWeight } from '../core/machine/state.ts'
import type { ReleaseState, Side } from '../core/machine/state.ts'
import { selectorOf } from '../core/policy/pods.ts'
import type { TrafficContext } from '../core/traffic/context.ts'
import type { Writer } from '../core/traffic/fence.ts'
import type { TrafficQuestion } from '../core/traffic/proxies.ts'
import { managedRoute } from '../core/traffic/managed.ts'
import { sharesOf } from '../core/traffic/route.ts'
import type { ServiceHost, VirtualService } from '../core/traffic/types.ts'
import type { MeshRef, PodView, Ports, WorkloadView } from '../ports.ts'

/** The managed VirtualService of a release. */
export function routeRef({ rollout, plan }: ReleaseState): MeshRef {
  return { kind: 'VirtualService', namespace: rollout.namespace, name: plan.virtualService }
}

/** The managed DestinationRule of a release. */
export function ruleRef({ rollout, plan }: ReleaseState): MeshRef {
  return { kind: 'DestinationRule', namespace: rollout.namespace, name: plan.destinationRule }
}

/** The Service of a release. */
export function serviceOf({ rollout, plan }: ReleaseState): ServiceHost {
  return { namespace: rollout.namespace, name: plan.service }
}

/** Who the release is to the fence. */
export function writerOf(state: ReleaseState): Writer {
  const { rollout, id, seq } = state
  return { rollout: keyOf(rollout), uid: rollout.uid, release: id, seq }
}

/** Stable and canary of a release that preflight has cleared. Throws when it has not. */
export function sidesOf(state: ReleaseState): { readonly stable: Side; readonly canary: Side } {
  const { stable, canary } = state
  if (!stable || !canary)
    throw new Error(`release of ${keyOf(state.rollout)} acts in ${state.phase} before preflight`)
  return { stable, canary }
}

/** What edits of traffic need. */
export function trafficOf(state: ReleaseState): TrafficContext {
  const route = { service: serviceOf(state), name: state.plan.route }
  return { writer: writerOf(state), route, ...sidesOf(state) }
}

/** What the proxies are asked about both versions, in all routes of the VirtualService. */
export function questionOf(state: ReleaseState): TrafficQuestion {
  const { stable, canary } = sidesOf(state)
  const { namespace, name } = routeRef(state)
  return {
    service: serviceOf(state),
    virtualService: { namespace, name },
    subsets: [stable.subset, canary.subset],
  }
}

/**
 * Percent of the service's requests that the managed route gives the canary, as written: whole weights beside those of
 * other hosts cannot express every percentage.
 */
export async function writtenPercent(ports: Ports, state: ReleaseState): Promise<number> {
  const object = (await ports.mesh.read(routeRef(state), 'Cached')) as VirtualService | undefined
  const index = object && managedRoute(object, trafficOf(state))
  const route = index === undefined ? undefined : object?.spec.http?.[index]
  if (object === undefined || route === undefined) return desiredWeight(state)
  const { subset } = sidesOf(state).canary
  return sharesOf(object, route, serviceOf(state)).find((share) => share.subset === subset)?.percent ?? 0
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

/** As the Rollout says now: a pause needs no round trip. */
export function isPaused(ports: Ports, state: ReleaseState): boolean {
  const spec = ports.store.get(state.rollout)?.spec as { paused?: unknown } | undefined
  return spec?.paused === true
}

function selectorFor(ports: Ports, state: ReleaseState, version: string): Record<string, string> | undefined {
  const service: ObjectRef = serviceOf(state)
  return selectorOf(ports.workloads.service(service), state.plan.versionLabel, version)
}
