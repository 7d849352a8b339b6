import { durationText } from '../../api/quantities.ts'
import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { VirtualService } from '../traffic/types.ts'
import { isFaultRoute } from './copies.ts'
import { orphansIn } from './found.ts'
import { isMade } from './made.ts'
import { overtaken } from './overtaken.ts'
import { expiryOf, faultsOf, routePrefix } from './record.ts'
import type { FaultRecord } from './record.ts'

/** Reasons of events, part of the API, by why something leaves. */
export const DEPARTURE_REASONS = {
  Expired: 'FaultExpired',
  LeftOver: 'FaultLeftOver',
  Orphaned: 'FaultOrphaned',
} as const

/** What is known when somebody looks after faults. */
export interface Look {
  /** Milliseconds since the epoch, by the clock of whoever looks. */
  readonly now: number
  /** For how long the looker has seen a fault, in milliseconds. */
  readonly seenForMs: (record: FaultRecord) => number
  /** A Rollout by `namespace/name`; undefined: it is gone. */
  readonly rollout: (key: string) => RawRollout | undefined
}

/** Something of ours that nobody has a use for, and why. */
export interface Departure {
  /**
   * `Expired`: its time is over. `LeftOver`: whoever it belongs to has no use for it any more. `Orphaned`: no record tells
   * whose it is.
   */
  readonly why: keyof typeof DEPARTURE_REASONS
  /** One sentence for people. */
  readonly message: string
  /** Absent of what is orphaned. */
  readonly record?: FaultRecord
}

/** Nothing of ours is in most VirtualServices, and that is soon seen. */
export function bearsFaults(object: VirtualService): boolean {
  return faultsOf(object).length > 0 || object.spec.http?.some(isFaultRoute) === true || isMade(object)
}

/** What has to leave a VirtualService, with the reasons. */
export function departuresOf(object: VirtualService, look: Look): Departure[] {
  const leaving = faultsOf(object).flatMap((record) => departureOf(object, record, look) ?? [])
  const orphaned = orphanedIn(object)
  return orphaned === undefined ? leaving : [...leaving, orphaned]
}

/** Has a fault to leave its VirtualService? */
export function isLeaving(object: VirtualService, look: Look): (record: FaultRecord) => boolean {
  return (record) => departureOf(object, record, look) !== undefined
}

/** Milliseconds until the next of the faults that may stay has to go; undefined: there is none. */
export function nextExpiryMs(object: VirtualService, look: Look): number | undefined {
  const staying = faultsOf(object).filter((record) => departureOf(object, record, look) === undefined)
  return staying.length === 0 ? undefined : Math.min(...staying.map((record) => leftMs(record, look)))
}

/**
 * Milliseconds that a fault has left. It ends when it says, by the clock of whoever looks, and never later than its own
 * length after it was first seen: the clock that wrote it may be ahead. Where that clock is behind, the fault ends too soon
 * or at once, which is safe: users lose nothing by a probe that tells nothing.
 */
function leftMs(record: FaultRecord, { now, seenForMs }: Look): number {
  return Math.min(expiryOf(record) - now, lengthMs(record) - seenForMs(record))
}

function lengthMs(record: FaultRecord): number {
  const from = Date.parse(record.injectedAt)
  return Number.isNaN(from) ? -Infinity : expiryOf(record) - from
}

function departureOf(object: VirtualService, record: FaultRecord, look: Look): Departure | undefined {
  const named = `fault ${record.name} of ${ownerOf(record)}`
  if (leftMs(record, look) <= 0)
    return { why: 'Expired', message: `${named} ${expired(record, look)}; its routes were taken out`, record }
  const because = record.release && overtaken(record.owner, record.release, look.rollout(record.owner))
  if (because !== undefined)
    return {
      why: 'LeftOver',
      message: `${named} was left over: ${because}; its routes were taken out`,
      record,
    }
  if (hasRoutes(object, record)) return undefined
  // To bring them back would be against the will of whoever took them out.
  return { why: 'LeftOver', message: `somebody took the routes of ${named} out; it is over`, record }
}

function ownerOf({ owner, release }: FaultRecord): string {
  return release === undefined ? owner : `${owner} (release ${release.id})`
}

function expired(record: FaultRecord, { now }: Look): string {
  const overMs = now - expiryOf(record)
  if (overMs === Infinity) return 'did not say when it ends'
  if (overMs >= 0) return `had expired ${durationText(overMs)} ago`
  return `had stood for its ${durationText(lengthMs(record))} and would have for ${durationText(-overMs)} more: the clock of whoever injected it is ahead`
}

function hasRoutes({ spec }: VirtualService, record: FaultRecord): boolean {
  return spec.http?.some(({ name }) => name?.startsWith(routePrefix(record.id))) === true
}

/** Routes without a record, and an object that was made for faults of which none is left. */
function orphanedIn(object: VirtualService): Departure | undefined {
  const routes = orphansIn(object)
  if (routes.length > 0)
    return {
      why: 'Orphaned',
      message: `nothing tells whose ${routes.join(', ')} ${routes.length === 1 ? 'is' : 'are'}, or until when; taken out`,
    }
  const isEmpty = isMade(object) && faultsOf(object).length === 0
  if (!isEmpty || object.metadata['deletionTimestamp'] !== undefined) return undefined
  return { why: 'Orphaned', message: 'it was made for faults, and there are none; it was removed' }
}
