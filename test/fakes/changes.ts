import { EventEmitter, once } from 'node:events'
import type { Changes } from '../../src/ports.ts'
import type { CachedView } from './cached-view.ts'

/** Wakes whoever waits for a change that a cached view brings. */
export function fakeChanges(cache: CachedView): Changes {
  const bell = new EventEmitter()
  bell.setMaxListeners(0)
  cache.subscribe(({ metadata }) => bell.emit(metadata.namespace))
  return {
    next: async (namespaces, maxMs, signal) => {
      const heard = new AbortController()
      const timeout = AbortSignal.timeout(Math.max(1, maxMs))
      const until = { signal: AbortSignal.any([signal, timeout, heard.signal]) }
      try {
        await Promise.race(namespaces.map(async (namespace) => once(bell, namespace, until)))
      } catch (error) {
        if (!(error instanceof Error && error.name === 'AbortError')) throw error
      } finally {
        heard.abort()
      }
    },
  }
}
