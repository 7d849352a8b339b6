import { PROBE_HEADER } from '../../api/names.ts'
import type { PlannedFault } from '../../core/faults/planned.ts'
import type { Meets } from '../../core/faults/record.ts'
import { scopeOf } from '../../core/faults/whose.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { selectorOf } from '../../core/policy/pods.ts'
import { sidesOf } from '../../core/traffic/context.ts'
import type { Ports } from '../../ports.ts'
import { serviceOf } from '../context.ts'

/**
 * Whose requests meet a fault probe of a release; undefined where the Service is gone, so that nobody knows the canary's
 * pods.
 * @param token value of the header by which the prober's requests are known
 */
export function meetsOf(
  ports: Ports,
  state: ReleaseState,
  fault: PlannedFault,
  token: string,
): Meets | undefined {
  switch (scopeOf(fault)) {
    case 'Dependency':
      return callersOf(ports, state)
    case 'Canary':
      return { kind: 'Header', name: PROBE_HEADER, value: token, subset: sidesOf(state).canary.subset }
    case 'Traffic':
      return { kind: 'Everybody' }
  }
}

function callersOf(ports: Ports, state: ReleaseState): Meets | undefined {
  const { plan, version, selector, rollout } = state
  const service = ports.workloads.service(serviceOf(state)) ?? (selector && { selector })
  const labels = selectorOf(service, plan.versionLabel, version)
  return labels && { kind: 'Callers', namespace: rollout.namespace, labels }
}
