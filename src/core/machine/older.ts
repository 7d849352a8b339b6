import type { Plan } from '../plan.ts'
import { measuresOf } from '../analysis/measures.ts'
import { readEvidence } from '../analysis/older.ts'
import type { ReleaseState } from './state.ts'

/** How plans named what they move when there was one VirtualService, of the Rollout's namespace, with one route. */
interface PlanOfOneRoute {
  readonly virtualService?: string
  readonly route?: string
}

/**
 * The state as actions read it today. A release keeps the plan that it began with, so one that was under way at an
 * update of Sluice, or was handed over by an older controller, may carry a plan in an earlier form.
 */
export function readState(state: ReleaseState): ReleaseState {
  const { plan, wanted, evidence } = state
  return {
    ...state,
    plan: readPlan(plan),
    wanted: { ...wanted, plan: readPlan(wanted.plan) },
    ...(evidence && { evidence: readEvidence(evidence, measuresOf(plan.metrics)) }),
  }
}

function readPlan(plan: Plan & PlanOfOneRoute): Plan {
  const { virtualService, route, ...rest } = plan
  // As it may come out of a history.
  const { virtualServices } = rest as Partial<Plan>
  if (virtualServices !== undefined || virtualService === undefined) return rest
  return {
    ...rest,
    virtualServices: [{ name: virtualService, ...(route !== undefined && { routes: [route] }) }],
  }
}
