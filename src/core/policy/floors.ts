import { HELD_ANNOTATION } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { HistoryEntry, RolloutStatus } from '../../api/v1alpha1/status.ts'
import { canonicalJson } from '../hash.ts'
import type { Phase } from '../machine/state.ts'
import type { Writer } from '../traffic/fence.ts'

/** Who holds the floor of an autoscaler; stands in the autoscaler itself, so that no crash can lose what it was. */
export interface Hold extends Writer {
  /** `minReplicas` as its owner wants it. */
  readonly original: number
  /** `minReplicas` as we wrote it. */
  readonly floor: number
}

/** What of an autoscaler is ours to change. */
export interface Floor {
  readonly minReplicas: number
  readonly hold?: Hold | undefined
}

/** A HorizontalPodAutoscaler, as far as a release cares. */
export interface AutoscalerView extends ObjectRef, Floor {
  /** What it scales. */
  readonly target: { readonly group: string; readonly kind: string; readonly name: string }
  readonly maxReplicas: number
}

/** A change as a pure function of the autoscaler as it is now; undefined: nothing is to be written. */
export type FloorEdit = (now: AutoscalerView) => Floor | undefined

/**
 * Holds the floor at `floor` pods, at most what the autoscaler allows. Held twice is held once: what its owner wanted is
 * kept, also when he wrote something lower meanwhile; what he wrote higher stands. A later action of ours is left alone.
 */
export function holdFloor(writer: Writer, floor: number): FloorEdit {
  return ({ minReplicas, maxReplicas, hold }) => {
    const wanted = Math.min(floor, maxReplicas)
    if (isBehind(writer, hold)) return undefined
    const isKept = hold !== undefined && hold.floor === minReplicas
    if (minReplicas >= wanted) return isKept ? takenOver(writer, hold) : undefined
    const original = isKept ? hold.original : minReplicas
    return { minReplicas: wanted, hold: { ...writer, original, floor: wanted } }
  }
}

/** The Rollout's next release against the same version holds on where the one before it held. */
function takenOver(writer: Writer, hold: Hold): Floor | undefined {
  const isOwn = hold.uid === writer.uid && hold.release === writer.release
  if (isOwn || hold.rollout !== writer.rollout) return undefined
  return { minReplicas: hold.floor, hold: { ...hold, ...writer } }
}

/** Gives a floor back that the writer's Rollout holds: exactly as it was, or as somebody else wants it meanwhile. */
export function giveBackFloor(writer: Pick<Writer, 'rollout' | 'uid' | 'seq'>): FloorEdit {
  return ({ minReplicas, hold }) => {
    if (hold?.rollout !== writer.rollout || isBehind(writer, hold)) return undefined
    return { minReplicas: minReplicas === hold.floor ? hold.original : minReplicas }
  }
}

/** When a floor is given back that no release under way will give back. */
export interface Idle {
  readonly uid: string
  readonly status: RolloutStatus
  /** How long stable's floor stays after a rollback, milliseconds. */
  readonly keepMs: number
  /** Does a mark of the Rollout tell of a release that is not over? Only asked where the status says nothing. */
  readonly isMarked: () => boolean
}

/**
 * When a hold ends by itself: milliseconds since the epoch; undefined while a release needs it. After a rollback all load
 * is back on stable, and its autoscaler still judges by the little that stable had before: the floor stays for a while.
 * @param rollout the one that the hold names; undefined when it is gone
 */
export function holdEndsAt(hold: Hold, rollout: Idle | undefined): number | undefined {
  if (rollout?.uid !== hold.uid) return 0
  if (isNeeded(hold, rollout)) return undefined
  const last = rollout.status.history?.[0]
  return last && TAKEN_BACK.has(last.result) ? Date.parse(last.finishedAt) + rollout.keepMs : 0
}

/** The status says nothing yet of a release that has just begun; nor does one that was lost. */
function isNeeded({ seq }: Hold, { status: { release }, isMarked }: Idle): boolean {
  return release === undefined ? isMarked() : seq > release.seq || !IDLE.has(release.phase)
}

const TAKEN_BACK: ReadonlySet<string> = new Set<HistoryEntry['result']>(['RolledBack', 'Superseded'])

/** Phases in which no release has touched anything, or none touches anything any more. */
const IDLE: ReadonlySet<string> = new Set<Phase>(['Done', 'Refused'])

function isBehind({ uid, seq }: Pick<Writer, 'uid' | 'seq'>, hold: Hold | undefined): boolean {
  return hold?.uid === uid && hold.seq > seq
}

/** The annotation that stands for a hold. */
export function holdText(hold: Hold): string {
  return canonicalJson(hold)
}

/** Who holds the floor, by the annotations of the autoscaler. One that makes no sense counts as none. */
export function holdOf(annotations: Readonly<Record<string, string>> | undefined): Hold | undefined {
  const text = annotations?.[HELD_ANNOTATION]
  if (text === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return isHold(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

const TEXTS = ['rollout', 'uid', 'release'] as const
const NUMBERS = ['seq', 'original', 'floor'] as const

function isHold(value: unknown): value is Hold {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Record<string, unknown>
  return (
    TEXTS.every((name) => typeof fields[name] === 'string') &&
    NUMBERS.every((name) => Number.isInteger(fields[name]))
  )
}

interface Target extends ObjectRef {
  readonly kind: string
  /** Plural and group, as kubectl names it. */
  readonly resource: string
}

/** The autoscaler of a workload. */
export function autoscalerOf<T extends AutoscalerView>(
  { namespace, name, kind, resource }: Target,
  autoscalers: readonly T[],
): T | undefined {
  const group = resource.slice(resource.indexOf('.') + 1)
  return autoscalers.find(
    (one) =>
      one.namespace === namespace &&
      one.target.kind === kind &&
      one.target.name === name &&
      one.target.group === group,
  )
}
