import type { FaultScene } from '../core/policy/fault-scene.ts'
import { selectorOf } from '../core/policy/pods.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import type { Ports, ServiceView } from '../ports.ts'

/** Gathers what fault probes need, all from caches; undefined for a release without one. */
export function faultSceneOf(
  { mesh, scope, workloads, limits }: Pick<Ports, 'mesh' | 'scope' | 'workloads' | 'limits'>,
  { plan, rollout, wanted }: ReleaseState,
  service: ServiceView | undefined,
): FaultScene | undefined {
  if (plan.faults === undefined) return undefined
  const { namespace } = rollout
  const selector = selectorOf(service, plan.versionLabel, wanted.version)
  const pods = selector === undefined ? [] : workloads.pods(namespace, selector)
  const hosts = plan.faults.flatMap(({ dependency }) => dependency ?? [])
  return {
    virtualServices: mesh.virtualServices(),
    hosts: Object.fromEntries(hosts.map((host) => [host, scope.hosts(host)])),
    sidecars: scope.sidecars(namespace),
    pods: pods.filter(({ terminating }) => !terminating),
    maxDurationMs: limits.faultMaxDurationMs,
    maxPercent: limits.faultMaxPercent,
  }
}
