import { keyOf } from '../../api/names.ts'
import { meetsHost } from '../../core/faults/scope.ts'
import type { KnownHost } from '../../core/faults/scope.ts'
import { hostOfService, hostsOfEntry, sidecarScope } from '../../core/faults/scope-views.ts'
import type { Plan } from '../../core/plan.ts'
import type { FaultScene, ProbedPod } from '../../core/policy/fault-scene.ts'
import { selectorOf } from '../../core/policy/pods.ts'
import type { SelectingService } from '../../core/policy/scene.ts'
import { serviceOfHost } from '../../core/traffic/hosts.ts'
import type { VirtualService } from '../../core/traffic/types.ts'
import { isSelected, labelsOf, podViewOf } from '../manifests/views.ts'
import type { Surroundings } from './surroundings.ts'

/** A Rollout whose probes are looked at. */
export interface Probing {
  readonly plan: Plan
  readonly version: string
  readonly namespace: string
  readonly service: SelectingService | undefined
}

/** Gathers what fault probes need; undefined for a Rollout without one. The administrator's limit is nobody's to read. */
export async function faultSceneOf(probing: Probing, around: Surroundings): Promise<FaultScene | undefined> {
  const { plan, namespace } = probing
  if (plan.faults === undefined) return undefined
  const virtualServices = (await around.list('VirtualService', namespace)) as unknown as VirtualService[]
  const sidecars = (await around.listIfAllowed('Sidecar', namespace)) ?? []
  return {
    virtualServices,
    hosts: await hostsOf(plan, namespace, around),
    sidecars: sidecars.map(sidecarScope),
    pods: await podsOf(probing, around),
  }
}

/** What is not found is known to be missing only where a cluster was asked for all of it. */
async function hostsOf(
  { faults = [] }: Plan,
  namespace: string,
  around: Surroundings,
): Promise<Record<string, readonly KnownHost[]>> {
  const entries = await around.listIfAllowed('ServiceEntry', namespace)
  const isWhole = around.isLive && entries !== undefined
  const found = await Promise.all(
    faults.map(async ({ dependency }) => {
      if (dependency === undefined) return []
      const ref = serviceOfHost(dependency)
      const service = ref && (await around.read('Service', ref))
      const others = (entries ?? []).flatMap(hostsOfEntry).filter(({ host }) => meetsHost(host, dependency))
      return [[dependency, [...(service ? [hostOfService(service)] : []), ...others]] as const]
    }),
  )
  return Object.fromEntries(found.flat().filter(([, known]) => isWhole || known.length > 0))
}

async function podsOf({ plan, version, service }: Probing, around: Surroundings): Promise<ProbedPod[]> {
  const selector = selectorOf(service, plan.versionLabel, version)
  if (service === undefined || selector === undefined) return []
  const pods = (await around.pods(service.namespace)).filter((pod) => isSelected(labelsOf(pod), selector))
  return pods.flatMap((pod) => {
    const { labels, hasSidecar, terminating } = podViewOf(pod)
    return terminating ? [] : [{ name: keyOf(pod.metadata), labels, hasSidecar }]
  })
}
