import { FAULTS_ANNOTATION, FAULT_ROUTE_PREFIX } from '../../api/names.ts'
import { canonicalJson, shortHash } from '../hash.ts'
import type { VirtualService } from '../traffic/types.ts'
import { isFaultRecord } from './shape.ts'

/**
 * A fault of ours, as the annotation of the VirtualService in which it stands tells: whose it is, why, and until when. It
 * is all that is needed to render its routes, and to remove them, whoever is left to do so. Written in the same write as
 * the routes.
 */
export interface FaultRecord {
  /** Part of the names of its routes; see {@link faultId}. */
  readonly id: string
  /** Name in `spec.faults`, or of a probe of its own. */
  readonly name: string
  /** `namespace/name` of the Rollout, or who asked for a probe outside a release. */
  readonly owner: string
  /** The release that it belongs to; absent: a probe outside a release. */
  readonly release?: FaultRelease
  /** Why it stands there, for people who find it. */
  readonly reason: string
  /** Full host whose callers meet it. */
  readonly host: string
  /** RFC 3339. */
  readonly injectedAt: string
  /** RFC 3339; whoever of ours sees it later takes it out. */
  readonly expiresAt: string
  readonly meets: Meets
  /** Names of the http routes that it is for, where its callers are not told by who they are; absent: all to the host. */
  readonly routes?: readonly string[]
  readonly abort?: AbortFault
  readonly delay?: DelayFault
}

/** A release under way. */
export interface FaultRelease {
  readonly uid: string
  readonly id: string
  /** Of the action that injected it: a later action of the Rollout has no use for it. */
  readonly seq: number
}

/** Whose requests meet the fault. */
export type Meets =
  /** Those that pods with these labels make: the canary's own calls. */
  | {
      readonly kind: 'Callers'
      readonly namespace: string
      readonly labels: Readonly<Record<string, string>>
    }
  /** Those with this header, and they go to the subset: what a prober sends. */
  | { readonly kind: 'Header'; readonly name: string; readonly value: string; readonly subset: string }
  /** All. */
  | { readonly kind: 'Everybody' }

export interface AbortFault {
  /** Percent of requests, 1–100. */
  readonly percent: number
  readonly httpStatus?: number
  /** Name, such as `UNAVAILABLE`. */
  readonly grpcStatus?: string
}

export interface DelayFault {
  /** Percent of requests, 1–100. */
  readonly percent: number
  readonly delayMs: number
}

/** Part of route names by which a fault is told from others in the same VirtualService. */
export function faultId(owner: string, name: string): string {
  return shortHash(`${owner} ${name}`)
}

/** How the names of the routes of a fault begin. */
export function routePrefix(id: string): string {
  return `${FAULT_ROUTE_PREFIX}${id}-`
}

/** The faults of ours in a VirtualService. What is no record as ours are counts as none. */
export function faultsOf(object: VirtualService): readonly FaultRecord[] {
  const text = object.metadata.annotations?.[FAULTS_ANNOTATION]
  if (text === undefined) return []
  const parsed = parseJson(text)
  return Array.isArray(parsed) ? parsed.filter(isFaultRecord) : []
}

/** The VirtualService with these records in its annotation; without one where there are none. */
export function withFaultRecords(object: VirtualService, records: readonly FaultRecord[]): VirtualService {
  const { [FAULTS_ANNOTATION]: _old, ...others } = object.metadata.annotations ?? {}
  const all = records.length === 0 ? others : { ...others, [FAULTS_ANNOTATION]: canonicalJson(records) }
  const { annotations: _previous, ...metadata } = object.metadata
  const kept = Object.keys(all).length === 0 ? metadata : { ...metadata, annotations: all }
  return { ...object, metadata: kept }
}

/**
 * When a fault has to go at the latest: milliseconds since the epoch. A record without a readable time has expired.
 */
export function expiryOf({ expiresAt }: FaultRecord): number {
  const at = Date.parse(expiresAt)
  return Number.isNaN(at) ? -Infinity : at
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
