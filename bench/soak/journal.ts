import type { Excuse } from './checks/errors.ts'

/** Something that was done or seen. */
export interface Entry {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Where; absent: it concerns all. */
  readonly namespace?: string
  readonly text: string
}

/** What the soak itself did, and which errors of requests that excuses. */
export class Journal {
  readonly entries: Entry[] = []
  readonly excuses: Excuse[] = []
  /** How often each thing was done, by its name. */
  readonly counts = new Map<string, number>()
  readonly #tell: (entry: Entry) => void

  constructor(tell: (entry: Entry) => void) {
    this.#tell = tell
  }

  note(text: string, namespace?: string): void {
    const entry = { at: Date.now(), text, ...(namespace !== undefined && { namespace }) }
    this.entries.push(entry)
    this.#tell(entry)
  }

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  /** From now on, errors are somebody else's doing, until the function that it returns is called. */
  excuse(why: string, namespace?: string): () => void {
    const excuse: Excuse = { why, from: Date.now(), ...(namespace !== undefined && { namespace }) }
    this.excuses.push(excuse)
    return () => {
      excuse.to = Date.now()
    }
  }
}
