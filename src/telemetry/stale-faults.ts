import { overdueSince } from '../core/faults/overdue.ts'
import { ageOf, lookAgain } from '../core/faults/sights.ts'
import type { Sights } from '../core/faults/sights.ts'
import { staleAmong } from '../core/faults/sweep.ts'
import type { VirtualService } from '../core/traffic/types.ts'
import type { Metrics } from './metrics.ts'

/** So many faults have an age; of more, the oldest. */
const MOST_SERIES = 500
const SECOND_MS = 1000

/** A fault that has an age. */
interface Aged {
  readonly labels: { readonly namespace: string; readonly virtual_service: string; readonly route: string }
  readonly ageMs: number
}

/** Keeps the ages of faults that should not be there, for whoever reads the metrics. */
export class StaleFaultAges {
  readonly #gauge: Metrics['staleFaultAge']
  /** As far back as this process remembers. */
  #sights: Sights = new Map()

  constructor({ staleFaultAge }: Pick<Metrics, 'staleFaultAge'>) {
    this.#gauge = staleFaultAge
  }

  /** Sets the ages as of now. @param now milliseconds since the epoch */
  refresh(objects: readonly VirtualService[], now: number): void {
    const foreign = staleAmong(objects)
    const ids = foreign.map(({ id }) => id)
    this.#sights = lookAgain(this.#sights, ids, now)
    const strange = foreign.map((fault): Aged => {
      const { namespace, virtualService, route } = fault
      const labels = { namespace, virtual_service: virtualService, route }
      return { labels, ageMs: ageOf(fault, this.#sights, now) }
    })
    const oldest = [...strange, ...objects.flatMap((object) => ownAged(object, now))]
      .toSorted((a, b) => b.ageMs - a.ageMs)
      .slice(0, MOST_SERIES)
    this.#gauge.reset()
    for (const { labels, ageMs } of oldest) this.#gauge.set(labels, ageMs / SECOND_MS)
  }
}

/** What of ours outlived its expiry: nobody could remove it so far. */
function ownAged(object: VirtualService, now: number): Aged[] {
  const { namespace, name } = object.metadata
  return overdueSince(object, now).map(({ route, since }) => ({
    labels: { namespace, virtual_service: name, route },
    ageMs: now - since,
  }))
}
