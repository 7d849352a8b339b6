import { ProviderError } from '../../ports.ts'
import { QueryError } from './problems.ts'

/** After so many failures in a row it is left alone for a time. */
const MOST_FAILURES = 3
const FIRST_REST_MS = 1_000
const LONGEST_REST_MS = 10_000
/** Rests are longer or shorter by this share, so that several workers do not come back at once. */
const JITTER = 0.25

/** Clock and chance. */
export interface Surroundings {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** From 0 to 1. */
  readonly random: () => number
}

/**
 * Leaves a provider alone that fails again and again: whoever asks meanwhile is told at once. After each rest a single
 * question goes first, and the others wait for what becomes of it.
 */
export class Breaker {
  readonly #surroundings: Surroundings
  readonly #onRest: (isResting: boolean) => void
  #failures = 0
  #failingSince = 0
  #problem = ''
  #restsUntil = 0
  #probe: Promise<void> | undefined

  /** @param onRest is told when a rest begins, and when it is over for good */
  constructor(surroundings: Surroundings, onRest: (isResting: boolean) => void) {
    this.#surroundings = surroundings
    this.#onRest = onRest
  }

  /** Asks. Throws what `ask` throws, and a ProviderError without asking while the provider is left alone. */
  async run<T>(ask: () => Promise<T>): Promise<T> {
    while (this.#probe !== undefined) await this.#probe
    if (!this.#isOpen()) return this.#ask(ask)
    this.#throwIfResting()
    const asked = this.#ask(ask)
    this.#probe = asked.then(
      () => undefined,
      () => undefined,
    )
    try {
      return await asked
    } finally {
      this.#probe = undefined
    }
  }

  #isOpen(): boolean {
    return this.#failures >= MOST_FAILURES
  }

  #throwIfResting(): void {
    if (this.#surroundings.now() >= this.#restsUntil) return
    const [since, until] = [this.#failingSince, this.#restsUntil].map(timeText)
    throw new ProviderError(`${this.#problem}; so since ${since}, and it is asked again at ${until}`)
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    const beganMs = this.#surroundings.now()
    try {
      const answer = await ask()
      this.#recover()
      return answer
    } catch (error) {
      if (error instanceof QueryError && error.kind === 'Query') this.#recover()
      else this.#note(error, beganMs)
      throw error
    }
  }

  /** Whoever refuses a question is well enough to answer. */
  #recover(): void {
    if (this.#isOpen()) this.#onRest(false)
    this.#failures = 0
  }

  #note(error: unknown, beganMs: number): void {
    if (this.#failures === 0) this.#failingSince = beganMs
    this.#failures += 1
    this.#problem = error instanceof Error ? error.message : String(error)
    if (!this.#isOpen()) return
    const { now, random } = this.#surroundings
    const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (this.#failures - MOST_FAILURES))
    this.#restsUntil = now() + restMs * (1 + JITTER * (2 * random() - 1))
    this.#onRest(true)
  }
}

/** Such as 12:03:04Z. */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)}Z`
}
