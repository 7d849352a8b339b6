import { allOf, areSynced } from './caches.ts'
import type { Caches } from './caches.ts'

/** A watch that breaks is begun anew within a second; what lasts longer is a problem (milliseconds). */
const BROKEN_MS = 10_000
/** A watch that works or tries again gives a sign at least every minute (milliseconds). */
const SILENT_MS = 5 * 60_000

/** Why decisions cannot be taken on what the caches hold just now, one line each. */
export function unreadyCaches(caches: Caches): string[] {
  if (!areSynced(caches)) return ['the API server has not been read yet']
  return allOf(caches).flatMap(({ kind, pulse }) => {
    const problem = pulse.brokenFor(BROKEN_MS)
    return problem === undefined ? [] : [`the watch of ${kind} is broken, trying again: ${problem}`]
  })
}

/** Watches that neither bring anything nor try again, one line each: only a restart of the process helps. */
export function deadCaches(caches: Caches): string[] {
  return allOf(caches)
    .filter(({ pulse }) => pulse.isSilentFor(SILENT_MS))
    .map(({ kind }) => `the watch of ${kind} has fallen silent`)
}
