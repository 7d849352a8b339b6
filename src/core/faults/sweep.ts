import type { VirtualService } from '../traffic/types.ts'
import { foreignFaults } from './foreign.ts'
import type { ForeignFault } from './foreign.ts'
import { overdueIn } from './overdue.ts'
import { ageOf } from './sights.ts'
import type { Sights } from './sights.ts'

/** What becomes of faults that are not ours. */
export interface SweepPolicy {
  readonly foreignFaults: 'Report' | 'Remove'
  /** They are removed when they have stood for so long (milliseconds). */
  readonly afterMs: number
}

/** People are told again of what still stands (milliseconds). */
const TELL_AGAIN_MS = 24 * 3_600_000

/** What of ours in a VirtualService has to go. */
export interface Overdue {
  readonly object: VirtualService
  /** One entry for each thing, in words. */
  readonly what: readonly string[]
}

/** VirtualServices in which something of ours has no business any more. @param now milliseconds since the epoch */
export function overdueAmong(objects: readonly VirtualService[], now: number): Overdue[] {
  return objects.flatMap((object) => {
    const what = overdueIn(object, now)
    return what.length === 0 ? [] : [{ object, what }]
  })
}

/** Faults of others, those left out that a person keeps. */
export function staleAmong(objects: readonly VirtualService[]): ForeignFault[] {
  return objects.flatMap(foreignFaults).filter(({ keptBecause }) => keptBecause === undefined)
}

/** A fault of somebody else, and what is done about it. */
export interface Judged {
  readonly fault: ForeignFault
  /** For how long it has stood there at least (milliseconds). */
  readonly ageMs: number
  readonly act: 'Remove' | 'Tell' | 'Wait'
}

/** What is done about each fault of somebody else: by default people are told, at first sight and then once a day. */
export function judge(
  faults: readonly ForeignFault[],
  { sights, policy, now }: { readonly sights: Sights; readonly policy: SweepPolicy; readonly now: number },
): Judged[] {
  return faults.map((fault) => {
    const ageMs = ageOf(fault, sights, now)
    if (policy.foreignFaults === 'Remove' && ageMs >= policy.afterMs) return { fault, ageMs, act: 'Remove' }
    return { fault, ageMs, act: isToTell(sights, fault.id, now) ? 'Tell' : 'Wait' }
  })
}

/**
 * Has nobody been told of it, or not for a day? More often would be noise, of which the cluster keeps an hour: metric, log
 * and `sluice faults` tell at any time.
 */
export function isToTell(sights: Sights, id: string, now: number): boolean {
  const sight = sights.get(id)
  // Of what is too much to remember people would be told at each sweep.
  return sight !== undefined && now - (sight.toldAt ?? -Infinity) >= TELL_AGAIN_MS
}

/** What a sweep did about things that are not ours, by their ids. */
export interface Done {
  /** People were told of these. */
  readonly told: ReadonlySet<string>
  /** These are gone. */
  readonly gone: ReadonlySet<string>
}

/** The sights for the next sweep. @param now milliseconds since the epoch */
export function sightsAfter(sights: Sights, { told, gone }: Done, now: number): Sights {
  const left = [...sights].filter(([id]) => !gone.has(id))
  return new Map(left.map(([id, sight]) => [id, told.has(id) ? { ...sight, toldAt: now } : sight]))
}
