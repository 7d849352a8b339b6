import { ALLOW_FROM_ANNOTATION, refOf } from '../../api/names.ts'
import { markOf } from './mark.ts'
import type { Mark } from './mark.ts'
import type { MeshObject } from './types.ts'

/** Who writes: a release of a Rollout, at one action of it. */
export interface Writer {
  /** `namespace/name` of the Rollout. */
  readonly rollout: string
  readonly uid: string
  readonly release: string
  readonly seq: number
}

export type Refusal =
  /** A later action wrote already. */
  | 'Stale'
  /** The release failed or was aborted, or it never claimed the object. */
  | 'Halted'
  /** The object is in another namespace, and does not allow the Rollout's to move it. */
  | 'NotAllowed'

/**
 * May the Rollout's namespace take hold of the object and raise weights in it? Its own objects, and those that say so.
 * What was raised may always be lowered.
 */
export function refuseForeign({ metadata }: MeshObject, { rollout }: Writer): Refusal | undefined {
  return isAllowed(metadata, refOf(rollout).namespace) ? undefined : 'NotAllowed'
}

/** True of an object of the namespace, or one whose annotation names it; several are separated by commas. */
export function isAllowed(
  { namespace, annotations }: Pick<MeshObject['metadata'], 'namespace' | 'annotations'>,
  from: string,
): boolean {
  if (namespace === from) return true
  const allowed = annotations?.[ALLOW_FROM_ANNOTATION]?.split(',').map((name) => name.trim())
  return allowed?.includes(from) === true
}

/** May the writer take hold of the object for its release? Only one that is not behind. */
export function refuseClaim(mark: Mark | undefined, writer: Writer): Refusal | undefined {
  if (mark === undefined) return undefined
  if (mark.seq > writer.seq) return 'Stale'
  return mark.release === writer.release && mark.uid === writer.uid && mark.halted ? 'Halted' : undefined
}

/** May the writer give the canary weight? Only the release that claimed the object, not behind, not halted. */
export function refuseRaise(mark: Mark | undefined, writer: Writer): Refusal | undefined {
  if (mark === undefined) return 'Halted'
  if (mark.seq > writer.seq) return 'Stale'
  if (mark.uid !== writer.uid || mark.release !== writer.release) return 'Stale'
  return mark.halted ? 'Halted' : undefined
}

/** May the writer take weight from the canary, or clean up? Anybody of ours who is not behind. */
export function refuseLower(mark: Mark | undefined, writer: Writer): Refusal | undefined {
  return mark !== undefined && mark.seq > writer.seq ? 'Stale' : undefined
}

/**
 * May the writer lower or settle an object in which it raised nothing? Where its mark stands it held the object; else only
 * what it might take hold of.
 */
export function refuseUntouched(object: MeshObject, writer: Writer): Refusal | undefined {
  return markOf(object, writer.rollout) === undefined ? refuseForeign(object, writer) : undefined
}

/** Somebody took the writer's mark away, or brought the one of an earlier release back. */
export function isMarkLost(mark: Mark | undefined, writer: Writer): boolean {
  return mark === undefined || (mark.release !== writer.release && mark.seq < writer.seq)
}
