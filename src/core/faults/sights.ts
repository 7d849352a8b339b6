/** When something that is not ours was seen first, and when people were told of it last; milliseconds since the epoch. */
export interface Sight {
  readonly seenAt: number
  readonly toldAt?: number
}

/** What was seen, by id. */
export type Sights = ReadonlyMap<string, Sight>

/** The same as it goes from sweep to sweep: whole seconds since the epoch, by id. */
export type WrittenSights = Readonly<Record<string, readonly [seenAt: number, toldAt?: number]>>

/** So many are remembered (90 kB); of more, those that have stood longest. */
const MOST_SIGHTS = 2_000
const SECOND_MS = 1000

/** What an earlier sweep wrote; what cannot be read counts as not seen. */
export function readSights(value: unknown): Sights {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>)
  return new Map(entries.flatMap(([id, sight]) => (isSight(sight) ? [[id, read(sight)]] : [])))
}

/** Inverse of {@link readSights}. */
export function writeSights(sights: Sights): WrittenSights {
  return Object.fromEntries([...sights].map(([id, sight]) => [id, written(sight)]))
}

/**
 * The sights after a look: what still stands keeps its time, what is new gets this one, and what is gone is forgotten.
 * @param ids of all that stands there now
 * @param now milliseconds since the epoch
 */
export function lookAgain(prior: Sights, ids: readonly string[], now: number): Sights {
  const all = new Map(ids.map((id) => [id, prior.get(id) ?? { seenAt: now }]))
  if (all.size <= MOST_SIGHTS) return all
  return new Map([...all].toSorted(([, a], [, b]) => a.seenAt - b.seenAt).slice(0, MOST_SIGHTS))
}

/**
 * For how long something has stood there at least (milliseconds): since it was seen first, or since somebody wrote it,
 * whichever is longer ago.
 */
export function ageOf(
  { id, setAt = '' }: { readonly id: string; readonly setAt?: string },
  sights: Sights,
  now: number,
): number {
  const writtenAt = Date.parse(setAt)
  const since = Math.min(sights.get(id)?.seenAt ?? now, Number.isNaN(writtenAt) ? now : writtenAt)
  return Math.max(0, now - since)
}

function isSight(value: unknown): value is [number, number?] {
  return Array.isArray(value) && value.length > 0 && value.every((time) => Number.isFinite(time))
}

function read([seenAt, toldAt]: readonly [number, number?]): Sight {
  return {
    seenAt: seenAt * SECOND_MS,
    ...(toldAt !== undefined && { toldAt: toldAt * SECOND_MS }),
  }
}

function written({ seenAt, toldAt }: Sight): readonly [number, number?] {
  const [seen, told] = [seenAt, toldAt].map((ms) => (ms === undefined ? ms : Math.floor(ms / SECOND_MS)))
  return told === undefined ? [seen ?? 0] : [seen ?? 0, told]
}
