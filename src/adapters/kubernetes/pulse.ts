/** A watch that breaks is begun anew within a second; what lasts longer is a trouble (milliseconds). */
const BROKEN_MS = 10_000
/** A trouble that lasts is told again this often, and one whose cause is another now this soon (milliseconds). */
const TELL_EVERY_MS = 60_000
const TELL_CHANGE_MS = 10_000

/** Tells whether a watch works, is broken, or has fallen silent. Times are milliseconds. */
export class Pulse {
  readonly #now: () => number
  #signAt: number
  #errors = 0
  #brokenAt: number | undefined
  #problem = ''
  #hasWorked = false
  #toldAt = -Infinity
  #told: string | undefined

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now
    this.#signAt = now()
  }

  /** Anything happened: a change, an attempt to connect, an error. */
  sign(): void {
    this.#signAt = this.#now()
  }

  /** The watch broke, or could not be begun. */
  broke(problem: string): void {
    this.sign()
    this.#errors += 1
    this.#brokenAt ??= this.#now()
    this.#problem = problem
  }

  /** Begins the watch; it works when no error came meanwhile. */
  async attempt(begin: () => Promise<void>): Promise<void> {
    const errors = this.#errors
    this.sign()
    await begin()
    if (this.#errors !== errors) return
    this.#hasWorked = true
    this.#brokenAt = undefined
    this.#toldAt = -Infinity
  }

  /** Why nothing comes of the watch; undefined when it works, or did so a moment ago and is begun anew. */
  trouble(): string | undefined {
    if (this.#brokenAt === undefined) return undefined
    const isShort = this.#hasWorked && this.#now() - this.#brokenAt <= BROKEN_MS
    return isShort ? undefined : this.#problem
  }

  /** The trouble, when it is time to tell it: at first, when it changed, and now and then while it lasts. */
  toTell(): string | undefined {
    const trouble = this.trouble()
    const pause = trouble === this.#told ? TELL_EVERY_MS : TELL_CHANGE_MS
    if (trouble === undefined || this.#now() - this.#toldAt < pause) return undefined
    this.#told = trouble
    this.#toldAt = this.#now()
    return trouble
  }

  /** Nothing has been heard of the watch for longer than `ms`, not even that it broke. */
  isSilentFor(ms: number): boolean {
    return this.#now() - this.#signAt > ms
  }
}
