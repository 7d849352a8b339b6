import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { FaultRelease } from './record.ts'

/**
 * Why the action that injected a fault has no use for it any more, for people; undefined: it may be under way. Nothing is
 * concluded from a status that is behind: caches lag, and an action may begin before the status tells of it. Sequences rise
 * over all releases of a Rollout, so a higher one means that the action is over.
 * @param owner `namespace/name` of the Rollout
 * @param rollout as it is now; undefined: it is gone
 */
export function overtaken(
  owner: string,
  { uid, id, seq }: FaultRelease,
  rollout: RawRollout | undefined,
): string | undefined {
  if (rollout === undefined) return `Rollout ${owner} is gone`
  const { meta, status } = rollout
  if (meta.uid !== uid) return `Rollout ${owner} was deleted and made anew`
  if (meta.deletionTimestamp !== undefined) return `Rollout ${owner} is being deleted`
  const { release } = status
  if (release === undefined || release.seq < seq) return undefined
  if (release.id !== id) return `release ${release.id || 'without a name yet'} is under way`
  return release.seq > seq ? 'the release has gone on' : undefined
}
