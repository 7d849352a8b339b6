/** Several who ask at the same moment share an answer this old (milliseconds). */
const FRESH_MS = 50
/** However long an answer took, it is not shared for longer than this (milliseconds). */
const OLDEST_MS = 1000
/** Whoever answers is left idle for this many times as long as the answer took: a quarter of its time is ours at most. */
const REST = 3

/**
 * Shares the answers to an expensive question between all who ask, so that their number does not matter to whoever
 * answers. One question is under way at a time; its answer, or failure, is shared for 50 ms after it came, or for
 * longer where it took long.
 * @param ask asks the question
 * @param now a monotonic clock in milliseconds
 */
export function sharedAnswer<T>(ask: () => Promise<T>, now = () => performance.now()): () => Promise<T> {
  let last: { readonly answer: Promise<T>; staleAt: number } | undefined
  return async () => {
    if (last !== undefined && now() <= last.staleAt) return last.answer
    const start = now()
    const current = { answer: ask(), staleAt: Infinity }
    last = current
    try {
      return await current.answer
    } finally {
      current.staleAt = staleAt(start, now())
    }
  }
}

function staleAt(start: number, end: number): number {
  return end + Math.min(OLDEST_MS, Math.max(FRESH_MS, REST * (end - start)))
}
