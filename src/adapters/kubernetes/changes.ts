import { EventEmitter, once } from 'node:events'
import type { Changes } from '../../ports.ts'
import { allOf } from './caches.ts'
import type { Caches } from './caches.ts'

/** Wakes whoever waits for a change in a namespace. */
export function changesOf(caches: Caches): Changes {
  const bell = new EventEmitter()
  bell.setMaxListeners(0)
  for (const cache of allOf(caches)) {
    cache.on('change', (object) => bell.emit(object.metadata?.namespace ?? ''))
  }
  return {
    next: async (namespaces, maxMs, signal) => {
      const heard = new AbortController()
      const timeout = AbortSignal.timeout(Math.max(1, maxMs))
      const until = { signal: AbortSignal.any([signal, timeout, heard.signal]) }
      try {
        await Promise.race(namespaces.map(async (namespace) => once(bell, namespace, until)))
      } catch (error) {
        // Time is up, or nobody waits any more: both only end the wait.
        if (!(error instanceof Error && error.name === 'AbortError')) throw error
      } finally {
        heard.abort()
      }
    },
  }
}
