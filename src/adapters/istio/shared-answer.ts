/** So long whoever answers is left alone at least (milliseconds). */
const REST_MS = 50
/** And this many times as long as the answer took: a quarter of its time is ours at most. */
const REST = 3
/** But no longer than this (milliseconds). */
const LONGEST_REST_MS = 1000

/** Time as `sharedAnswer` needs it, in milliseconds. */
export interface Time {
  /** Monotonic. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

const realTime: Time = {
  now: () => performance.now(),
  sleep: async (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

/**
 * Shares the answers to an expensive question between all who ask, so that their number does not matter to whoever
 * answers. Whoever comes while a question is under way waits for the next one: an answer is never older than the asking,
 * since somebody may have written just before.
 * @param ask asks the question
 */
export function sharedAnswer<T>(ask: () => Promise<T>, time: Time = realTime): () => Promise<T> {
  let latest: Promise<unknown> = Promise.resolve()
  let restsUntil = 0
  let next: Promise<T> | undefined
  const round = async (before: Promise<unknown>): Promise<T> => {
    await before
    const restMs = restsUntil - time.now()
    if (restMs > 0) await time.sleep(restMs)
    next = undefined
    const start = time.now()
    try {
      return await ask()
    } finally {
      const end = time.now()
      restsUntil = end + restAfter(end - start)
    }
  }
  return async () => {
    if (next === undefined) {
      next = round(latest)
      latest = next.catch(() => undefined)
    }
    return next
  }
}

function restAfter(tookMs: number): number {
  return Math.min(LONGEST_REST_MS, Math.max(REST_MS, REST * tookMs))
}
