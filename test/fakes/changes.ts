import { EventEmitter, once } from 'node:events'
import type { Changes } from '../../src/ports.ts'
import type { CachedView } from './cached-view.ts'

/** Wakes whoever waits for a change that a cached view brings. */
export function fakeChanges(cache: CachedView): Changes {
  const bell = new EventEmitter()
  bell.setMaxListeners(0)
  cache.subscribe(({ metadata }) => bell.emit(metadata.namespace))
  return {
    next: async (namespace, maxMs, signal) => {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, maxMs))])
      try {
        await once(bell, namespace, { signal: patience })
      } catch (error) {
        if (!(error instanceof Error && error.name === 'AbortError')) throw error
      }
    },
  }
}
