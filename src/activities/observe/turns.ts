import PQueue from 'p-queue'

/** What a look has yet to read: what is new alone, or the hour before as well. */
export type Reach = 'News' | 'Hour'

/**
 * Looks that read at the same time while somebody waits for them. What they have read is large until they have counted it, an
 * hour most of all.
 */
const MOST: Readonly<Record<Reach, number>> = { News: 256, Hour: 64 }
/** Hours for which nobody waits. */
const MOST_LATER = 16

/**
 * Turns of a process's looks to read. After a start thousands want to, and few can wait for long:
 * - Who has yet to read the hour before holds up nobody who knows it. Else those would never come to the look that all of
 *   it was read for, and all would begin again.
 * - Who came last is next: who waits for long has nearly given up, and what it would read would be in vain.
 */
export class Turns {
  readonly #queues: Readonly<Record<Reach, PQueue>> = {
    News: new PQueue({ concurrency: MOST.News }),
    Hour: new PQueue({ concurrency: MOST.Hour }),
  }
  readonly #later = new PQueue({ concurrency: MOST_LATER })
  #asked = 0

  /**
   * Reads when it is its turn. Throws the reason of the signal when nobody waits for it any more by then; what reads already
   * goes on, since it is of use to the next look.
   */
  async take<T>(reach: Reach, read: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#queues[reach].add(read, { signal, priority: (this.#asked += 1) })
  }

  /** Reads the hour before for later looks, in the order of asking: neither waits for looks, nor do they for it. */
  async takeLater<T>(read: () => Promise<T>): Promise<T> {
    return this.#later.add(read)
  }
}
