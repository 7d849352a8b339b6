import { isServed } from '../../core/policy/served.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { DestinationRule, VirtualService } from '../../core/traffic/types.ts'
import type { Ports } from '../../ports.ts'
import { ruleRef, serviceOf, targetsOf } from '../context.ts'

/** Do users get answers wherever the managed routes lead now, whoever wrote them? As the caches know. */
export async function usersAreServed(ports: Ports, state: ReleaseState): Promise<boolean> {
  const service = serviceOf(state)
  const rule = (await ports.mesh.read(ruleRef(state), 'Cached')) as DestinationRule | undefined
  const answerers = {
    rule,
    selector: ports.workloads.service(service)?.selector ?? state.selector,
    pods: (labels: Readonly<Record<string, string>>) => ports.workloads.pods(service.namespace, labels),
  }
  const served = targetsOf(state).map(async ({ ref, traffic }) => {
    const object = (await ports.mesh.read(ref, 'Cached')) as VirtualService | undefined
    return object === undefined || isServed(object, traffic.route, answerers)
  })
  return !(await Promise.all(served)).includes(false)
}
