import PQueue from 'p-queue'

const CONCURRENCY = 16
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 30_000

/** When a key comes back. */
interface Due {
  /** Milliseconds, of the monotonic clock. */
  readonly at: number
  readonly timer: NodeJS.Timeout
}

/**
 * Work by key: a key that waits already is not queued again, a key is never worked on twice at once, and one whose work
 * failed comes back after a growing pause. Of several times to come back the earliest counts, until the key is worked on.
 */
export class KeyedQueue {
  readonly #work: (key: string) => Promise<void>
  readonly #onError: (key: string, error: unknown) => void
  readonly #queue = new PQueue({ concurrency: CONCURRENCY })
  readonly #longestRetryMs: number
  readonly #waiting = new Set<string>()
  readonly #running = new Set<string>()
  readonly #again = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #due = new Map<string, Due>()
  #stopped = false

  /** @param longestRetryMs longest pause after a failure (milliseconds) */
  constructor(
    work: (key: string) => Promise<void>,
    onError: (key: string, error: unknown) => void,
    longestRetryMs = LONGEST_RETRY_MS,
  ) {
    this.#work = work
    this.#onError = onError
    this.#longestRetryMs = longestRetryMs
  }

  /** Asks for a key to be worked on; at once, or after a pause in milliseconds. */
  add(key: string, delayMs = 0): void {
    if (this.#stopped) return
    if (delayMs > 0) this.#addLater(key, delayMs)
    else if (this.#running.has(key)) this.#again.add(key)
    else if (!this.#waiting.has(key)) this.#enqueue(key)
  }

  /** No more work is taken; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const key of this.#due.keys()) this.#clearDue(key)
    this.#queue.clear()
    await this.#queue.onIdle()
  }

  #addLater(key: string, delayMs: number): void {
    const at = performance.now() + delayMs
    const due = this.#due.get(key)
    if (due !== undefined && due.at <= at) return
    this.#clearDue(key)
    const timer = setTimeout(() => this.add(key), delayMs).unref()
    this.#due.set(key, { at, timer })
  }

  #clearDue(key: string): void {
    clearTimeout(this.#due.get(key)?.timer)
    this.#due.delete(key)
  }

  #enqueue(key: string): void {
    this.#waiting.add(key)
    void this.#queue.add(async () => this.#run(key))
  }

  async #run(key: string): Promise<void> {
    this.#waiting.delete(key)
    this.#clearDue(key)
    this.#running.add(key)
    try {
      await this.#work(key)
      this.#failures.delete(key)
    } catch (error) {
      this.#onError(key, error)
      this.add(key, this.#pause(key))
    } finally {
      this.#running.delete(key)
      if (this.#again.delete(key)) this.add(key)
    }
  }

  #pause(key: string): number {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    return Math.min(this.#longestRetryMs, FIRST_RETRY_MS * 2 ** failures)
  }
}
