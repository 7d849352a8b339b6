import { createHash, randomInt } from 'node:crypto'

const RANGE = 2 ** 32

/** Chance that can be had again: the same seed gives the same draws in the same order. */
export class Chance {
  readonly seed: number
  #draws = 0

  constructor(seed: number) {
    this.seed = seed
  }

  /** A number of at least `from` and less than `to`. */
  between(from: number, to: number): number {
    const digest = createHash('sha256').update(`${this.seed}/${this.#draws++}`).digest()
    return from + ((to - from) * digest.readUInt32BE()) / RANGE
  }

  /** A whole number of at least `from` and less than `to`. */
  integer(from: number, to: number): number {
    return Math.floor(this.between(from, to))
  }

  /** The same things in another order, each order being as likely. */
  shuffled<T>(things: readonly T[]): T[] {
    const tickets = things.map((thing) => ({ thing, ticket: this.between(0, 1) }))
    return tickets.toSorted((a, b) => a.ticket - b.ticket).map(({ thing }) => thing)
  }
}

/**
 * The seed that somebody asked for by SLUICE_SEED, else a new one.
 * @throws Error when it is no whole number
 */
export function chosenSeed(text = process.env['SLUICE_SEED']): number {
  if (text === undefined || text === '') return randomInt(1_000_000)
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`SLUICE_SEED must be a whole number of up to nine digits, found "${text}"`)
}
