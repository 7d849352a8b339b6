import type { Answer, Call, Result } from './call.ts'

/** Ends only when it is told to stop, as an observer does that finds nothing. */
export const untilStopped: Answer = async ({ signal }) => {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason as Error)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  return promise
}

/** An activity that a test holds and lets go when it likes; deaf to cancellation. */
export class Held {
  readonly #result = Promise.withResolvers<Result>()
  readonly answer: Answer = async (call: Call) => {
    // Only the end of the test ends what a test forgot to let go.
    const end = untilStopped({ ...call, signal: call.over })
    return Promise.race([this.#result.promise, end])
  }

  give(result: Result): void {
    this.#result.resolve(result)
  }

  fail(error: Error): void {
    this.#result.reject(error)
  }
}
