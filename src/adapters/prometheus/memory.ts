import { Kept } from './kept.ts'
import type { Topic } from './reads.ts'

/** A service that nobody asked for in this time (milliseconds) is forgotten. */
const FORGOTTEN_AFTER_MS = 300_000
/**
 * Numbers that are kept at most; 8 bytes each, and their labels. Those of 5,000 steps must fit (21 million while both sides'
 * latencies are read): what does not is read in full again at each look, and a worker gets no further than that.
 */
const MOST_NUMBERS = 40_000_000

interface Place {
  readonly kept: Kept
  askedAt: number
}

/** What was read of all services; those that were not asked for lately are forgotten. */
export class Memory {
  /** By topic and service, those that were asked for last at the end. */
  readonly #places = new Map<string, Place>()
  readonly #known = new Set<Kept>()
  readonly #most: () => number
  #size = 0

  /** @param most numbers that are kept, just now */
  constructor(most: () => number = () => MOST_NUMBERS) {
    this.#most = most
  }

  /** What is kept of a service. */
  of(topic: Topic, service: string): Kept | undefined {
    return this.#places.get(keyOf(topic, service))?.kept
  }

  /** What is to be kept of a service that is asked for now (milliseconds since the epoch). */
  asked(topic: Topic, service: string, nowMs: number): Kept {
    const key = keyOf(topic, service)
    const place = this.#places.get(key) ?? { kept: new Kept(topic), askedAt: nowMs }
    this.#places.delete(key)
    this.#places.set(key, place)
    this.#known.add(place.kept)
    place.askedAt = nowMs
    return place.kept
  }

  /** Changes what is kept of a service. */
  change(kept: Kept, change: () => void): void {
    this.#count(kept, -1)
    change()
    this.#count(kept, 1)
  }

  /** Forgets services that nobody asks for, and those that were asked for longest ago when there are too many. */
  tidy(nowMs: number): void {
    const most = this.#most()
    for (const [key, { kept, askedAt }] of this.#places) {
      if (this.#size <= most && nowMs - askedAt <= FORGOTTEN_AFTER_MS) return
      this.#places.delete(key)
      this.#count(kept, -1)
      this.#known.delete(kept)
    }
  }

  /** Who reads may find that it was forgotten meanwhile. */
  #count(kept: Kept, sign: 1 | -1): void {
    if (this.#known.has(kept)) this.#size += sign * kept.size
  }
}

function keyOf({ measure, reporter }: Topic, service: string): string {
  return `${measure} ${reporter} ${service}`
}
