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
    next: async (namespace, maxMs, signal) => {
      const timeout = AbortSignal.timeout(Math.max(1, maxMs))
      try {
        await once(bell, namespace, { signal: AbortSignal.any([signal, timeout]) })
      } catch (error) {
        // Time is up, or nobody waits any more: both only end the wait.
        if (!(error instanceof Error && error.name === 'AbortError')) throw error
      }
    },
  }
}
