import type { SweepReporter, SweepSummary, Swept } from '../../core/faults/report.ts'
import type { Telling } from '../../core/faults/tellings.ts'
import type { MeshObject } from '../../core/traffic/types.ts'
import type { MeshEvents } from '../../ports.ts'
import type { Applied } from '../apply.ts'

/** People are told of so many things in one sweep at most, and of the rest in the next: each is a write. */
const MOST_TOLD = 100

/** Something that a sweep came upon, and what people are told. */
export interface Case {
  readonly what: Swept
  readonly object: MeshObject
  readonly telling: Telling
}

/** One sweep: tells and removes, and keeps account. */
export class SweepRun {
  /** Ids of what people were told of. */
  readonly told = new Set<string>()
  /** Ids of what is gone. */
  readonly gone = new Set<string>()
  readonly #events: MeshEvents
  readonly #sweeps: SweepReporter
  #removed = 0
  #failed = 0

  constructor({ events, sweeps }: { readonly events: MeshEvents; readonly sweeps: SweepReporter }) {
    this.#events = events
    this.#sweeps = sweeps
  }

  /** What the summary says of it. */
  counts(): Pick<SweepSummary, 'removed' | 'failed'> {
    return { removed: this.#removed, failed: this.#failed }
  }

  /** Tells people that something stands there. */
  async tell(id: string, { what, object, telling }: Case): Promise<void> {
    if (this.told.size >= MOST_TOLD) return
    this.told.add(id)
    await this.#events.record(object, telling)
    this.#sweeps.found({ what, object, message: telling.message })
  }

  /** Removes something, and tells people of it if it is this that removed it. Never throws. */
  async remove(ids: readonly string[], found: Case, remove: () => Promise<Applied>): Promise<boolean> {
    const { what, object, telling } = found
    const finding = { what, object, message: telling.message }
    try {
      const isWritten = (await remove()) === 'Written'
      for (const id of ids) this.gone.add(id)
      if (!isWritten) return false
      this.#removed++
      await this.#events.record(object, telling)
      this.#sweeps.removed(finding)
      return true
    } catch (error) {
      this.#failed++
      this.#sweeps.stayed(finding, error)
      return false
    }
  }
}
