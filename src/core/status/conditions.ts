import type { Reason } from '../../api/v1alpha1/conditions.ts'
import type { Condition } from '../../api/v1alpha1/status.ts'

/** What a Rollout is, as kstatus tells it: exactly one of the three conditions is True. */
export interface Standing {
  readonly type: 'Ready' | 'Reconciling' | 'Stalled'
  readonly reason: Reason
  readonly message: string
}

/** The three conditions of a standing. A condition that keeps its status keeps its transition time. */
export function conditionsOf(
  standing: Standing,
  context: { generation: number; now: string; prior: readonly Condition[] | undefined },
): Condition[] {
  return (['Ready', 'Reconciling', 'Stalled'] as const).map((type) => {
    const status = type === standing.type ? 'True' : 'False'
    const prior = context.prior?.find((condition) => condition.type === type)
    return {
      type,
      status,
      reason: standing.reason,
      message: standing.message,
      observedGeneration: context.generation,
      lastTransitionTime: prior?.status === status ? prior.lastTransitionTime : context.now,
    }
  })
}
