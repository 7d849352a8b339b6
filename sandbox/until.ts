import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 50

/**
 * Repeats `attempt` until it resolves.
 * @throws the last failure after `withinMs` milliseconds; the signal's reason as soon as it is aborted
 */
export async function until<T>(
  attempt: () => Promise<T>,
  withinMs: number,
  signal?: AbortSignal,
): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > end) throw error
    }
    await sleep(pollMs)
  }
}
