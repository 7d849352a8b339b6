import type { Answer, Call, Result } from './call.ts'

/** Well below the heartbeat time-out (milliseconds). */
const BEAT_MS = 1_000

/** Ends only when it is told to stop, as an observer does that finds nothing. */
export const untilStopped: Answer = async (call) => alive(call, aborted(call.signal))

/** Says nothing and hears nothing any more, as a process that was killed. Ends with the test. */
export const dead: Answer = async (call) => aborted(call.over)

/** An activity that a test holds and lets go when it likes; alive, but deaf to cancellation. */
export class Held {
  readonly #result = Promise.withResolvers<Result>()
  readonly answer: Answer = async (call) =>
    alive(call, Promise.race([this.#result.promise, aborted(call.over)]))

  give(result: Result): void {
    this.#result.resolve(result)
  }
}

async function alive<T>(call: Call, work: Promise<T>): Promise<T> {
  const beat = setInterval(() => call.heartbeat(call.remembered), BEAT_MS)
  return work.finally(() => clearInterval(beat))
}

async function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason as Error)
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return promise
}
