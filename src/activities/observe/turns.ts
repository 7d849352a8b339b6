import PQueue from 'p-queue'

/** What a look has yet to read: what is new alone, or the hour before as well. */
export type Reach = 'News' | 'Hour'

/** Looks that read at the same time. What they have read is large until they have counted it, an hour most of all. */
const MOST: Readonly<Record<Reach, number>> = { News: 256, Hour: 64 }

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
  #asked = 0

  /** Reads when it is its turn. Throws the reason of the signal when nobody waits for it any more by then. */
  async take<T>(reach: Reach, read: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#queues[reach].add(read, { signal, priority: (this.#asked += 1) })
  }

  /** Reads the hour before for nobody who waits: when it is nobody else's turn, and in the order of asking. */
  async takeLast<T>(read: () => Promise<T>): Promise<T> {
    return this.#queues.Hour.add(read)
  }
}
