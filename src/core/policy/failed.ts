import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { LastFailed, RolloutStatus } from '../../api/v1alpha1/status.ts'
import { markOf } from '../traffic/mark.ts'
import type { VirtualService } from '../traffic/types.ts'

/** Where it may stand that a release failed. */
interface Records {
  readonly rollout: ObjectRef & { readonly uid: string }
  readonly status: RolloutStatus
  readonly virtualServices: readonly (VirtualService | undefined)[]
}

/**
 * The release that is not started again until it changes: as the status says, or where that was lost, the mark. A status
 * that knows of stable or of releases is not lost, and then what it does not say is not so.
 */
export function lastFailedOf({ rollout, status, virtualServices }: Records): LastFailed | undefined {
  if (status.lastFailed !== undefined || !isLost(status)) return status.lastFailed
  const marks = virtualServices.flatMap((object) => (object && markOf(object, keyOf(rollout))) ?? [])
  const failed = marks.find(({ uid, failed: one }) => uid === rollout.uid && one !== undefined)?.failed
  return failed && { ...failed, message: 'as its mark says; the status was lost', at: '' }
}

function isLost({ stableVersion, release, history }: RolloutStatus): boolean {
  return stableVersion === undefined && release === undefined && history === undefined
}
