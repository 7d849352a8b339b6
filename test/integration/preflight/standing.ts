import { standing } from '../../../sandbox/kit/shop.ts'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'

/** Is the condition with this type and reason, written `Type/Reason`, the one that is True? */
export function hasStanding(wanted: string): (status: RolloutStatus) => boolean {
  return (status) => standing(status) === wanted
}
