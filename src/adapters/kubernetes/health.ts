import { allOf, areSynced } from './caches.ts'
import type { Caches } from './caches.ts'

/** A watch that works or tries again gives a sign at least every minute (milliseconds). */
const SILENT_MS = 5 * 60_000

/** Why decisions cannot be taken on what the caches hold just now, one line each. */
export function unreadyCaches(caches: Caches): string[] {
  const troubles = allOf(caches).flatMap((cache) => {
    const trouble = cache.pulse.trouble()
    if (trouble === undefined || cache.isAbsent()) return []
    const what = cache.isSynced() ? 'the watch is broken' : 'not read from the API server yet'
    return [`${cache.kind}: ${what}, trying again: ${trouble}`]
  })
  return troubles.length > 0 || areSynced(caches) ? troubles : ['the API server has not been read yet']
}

/** Watches that neither bring anything nor try again, one line each: only a restart of the process helps. */
export function deadCaches(caches: Caches): string[] {
  return allOf(caches)
    .filter(({ pulse }) => pulse.isSilentFor(SILENT_MS))
    .map(({ kind }) => `the watch of ${kind} has fallen silent`)
}
