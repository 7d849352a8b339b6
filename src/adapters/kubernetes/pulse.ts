/** Tells whether a watch works, is broken, or has fallen silent. Times are milliseconds. */
export class Pulse {
  readonly #now: () => number
  #signAt: number
  #errors = 0
  #brokenAt: number | undefined
  #problem = ''

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now
    this.#signAt = now()
  }

  /** Anything happened: a change, an attempt to connect, an error. */
  sign(): void {
    this.#signAt = this.#now()
  }

  /** The watch broke. */
  broke(error: unknown): void {
    this.sign()
    this.#errors += 1
    this.#brokenAt ??= this.#now()
    this.#problem = error instanceof Error ? error.message : String(error)
  }

  /** Begins the watch; it works when no error came meanwhile. */
  async attempt(begin: () => Promise<void>): Promise<void> {
    const errors = this.#errors
    this.sign()
    await begin()
    if (this.#errors === errors) this.#brokenAt = undefined
  }

  /** Why the watch has been broken for longer than `ms`; undefined when it has not. */
  brokenFor(ms: number): string | undefined {
    const broken = this.#brokenAt !== undefined && this.#now() - this.#brokenAt > ms
    return broken ? this.#problem : undefined
  }

  /** Nothing has been heard of the watch for longer than `ms`, not even that it broke. */
  isSilentFor(ms: number): boolean {
    return this.#now() - this.#signAt > ms
  }
}
