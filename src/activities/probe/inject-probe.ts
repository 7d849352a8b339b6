import { recordOf } from '../../core/faults/of-release.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import { notPermitted, scopeOf } from '../../core/faults/whose.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import type { Ports } from '../../ports.ts'
import { injectManaged } from './inject-managed.ts'
import { inject } from './inject.ts'
import type { Injection } from './inject.ts'
import { meetsOf } from './meets.ts'

/**
 * Writes the fault of a probe, or says why not: that of a dependency where its callers are routed, that of the service
 * itself into the routes of the release.
 * @param token value of the header by which a prober's requests are known
 */
export async function injectProbe(
  ports: Ports,
  state: ReleaseState,
  fault: PlannedFault,
  token: string,
): Promise<Injection> {
  const meets = meetsOf(ports, state, fault, token)
  if (meets === undefined)
    return { kind: 'Impossible', why: 'the Service is gone, so nobody knows the canary’s pods' }
  const why = notPermitted(fault, ports.limits.faultMaxPercent)
  if (why !== undefined) return { kind: 'Impossible', why }
  const record = recordOf(state, fault, { meets, now: ports.clock.now() })
  if (scopeOf(fault) === 'Dependency') return inject(ports, record, state.rollout.namespace)
  return injectManaged(ports, state, record)
}
