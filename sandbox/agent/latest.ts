const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 5000

/** What `Latest` needs to bring a value about. */
export interface Target<T> {
  /** Brings the value about; a rejection means that it is tried again. */
  apply: (value: T) => Promise<void>
  onError: (error: unknown) => void
}

/**
 * Brings something outside to the value last given: one attempt at a time, repeated until it succeeds, values
 * overtaken by a later one left out, a value equal (as JSON) to the one in force not applied again.
 */
export class Latest<T> {
  readonly #target: Target<T>
  #wanted: T
  #inForce: string
  #run: Promise<void> = Promise.resolve()
  #busy = false
  #closed = false
  #wake: () => void = () => undefined

  /** @param initial the value in force now */
  constructor(initial: T, target: Target<T>) {
    this.#wanted = initial
    this.#inForce = key(initial)
    this.#target = target
  }

  /** Whether the value last given is in force. */
  get settled(): boolean {
    return key(this.#wanted) === this.#inForce
  }

  /** Resolves when this or a later value is in force, or after `close`. */
  set(value: T): Promise<void> {
    this.#wanted = value
    this.#wake()
    if (!this.#busy) this.#run = this.#converge()
    return this.#run
  }

  /** Ends all attempts. */
  close(): void {
    this.#closed = true
    this.#wake()
  }

  async #converge(): Promise<void> {
    this.#busy = true
    let delay = FIRST_RETRY_MS
    while (!this.#closed && key(this.#wanted) !== this.#inForce) {
      const value = this.#wanted
      try {
        await this.#target.apply(value)
        this.#inForce = key(value)
      } catch (error) {
        this.#target.onError(error)
        await this.#pause(delay)
        delay = Math.min(2 * delay, LONGEST_RETRY_MS)
      }
    }
    this.#busy = false
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function key(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined'
}
