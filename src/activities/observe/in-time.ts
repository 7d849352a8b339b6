import { durationText } from '../../api/quantities.ts'
import { ProviderError } from '../../ports.ts'

/** Longest time for Istio's counters (milliseconds): the guard and heartbeats wait meanwhile. */
export const ISTIO_MS = 5_000

/** What comes later is of use to the next look: what was read is kept. Throws a ProviderError when it is not there in time. */
export async function inTime<T>(
  read: (tooLate: AbortSignal) => Promise<T>,
  ms: number,
  why = () => 'it did not answer',
): Promise<T> {
  const tooLate = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      tooLate.abort()
      reject(new ProviderError(`${why()} within ${durationText(ms)}`))
    }, ms)
  })
  try {
    return await Promise.race([read(tooLate.signal), timeUp])
  } finally {
    clearTimeout(timer)
  }
}
