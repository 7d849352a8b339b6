import { FAULTS_ANNOTATION } from '../../api/names.ts'
import type { VirtualService } from '../traffic/types.ts'
import { isFaultRoute } from './copies.ts'
import { isExpired } from './edits.ts'
import { faultsIn, orphansIn } from './found.ts'
import { isMade } from './made.ts'
import { expiryOf } from './record.ts'

/**
 * What of ours in a VirtualService has no business there any more, in words: faults past their expiry, routes that no
 * record knows, and an object that was made for faults and has none.
 * @param now milliseconds since the epoch
 */
export function overdueIn(object: VirtualService, now: number): string[] {
  if (!hasOurs(object)) return isMade(object) ? ['the object, which was made for a fault that is gone'] : []
  const isOver = isExpired(now)
  const expired = faultsIn(object).flatMap(({ record, does }) =>
    record !== undefined && isOver(record)
      ? [`fault ${record.name} of ${record.owner} (${does}), which was to end at ${record.expiresAt}`]
      : [],
  )
  return [...expired, ...orphansIn(object).map((route) => `route ${route}, which no record knows`)]
}

/**
 * Faults of ours past their expiry, each by its first route; `since` when they should have been gone (milliseconds since
 * the epoch).
 * @param now milliseconds since the epoch
 */
export function overdueSince(
  object: VirtualService,
  now: number,
): { readonly route: string; readonly since: number }[] {
  if (!hasOurs(object)) return []
  return faultsIn(object).flatMap(({ record, routes: [route = ''] }) => {
    const since = record === undefined ? now : expiryOf(record)
    // One without a readable time should never have been there; nobody knows since when it is.
    return since < now ? [{ route, since: Number.isFinite(since) ? since : now }] : []
  })
}

/** Nothing of ours stands in most objects, and there may be thousands. */
function hasOurs({ metadata, spec }: VirtualService): boolean {
  return metadata.annotations?.[FAULTS_ANNOTATION] !== undefined || (spec.http ?? []).some(isFaultRoute)
}
