import { keyOf } from '../../api/names.ts'
import type { ObjectRef } from '../../api/names.ts'
import type { RolloutStatus } from '../../api/v1alpha1/status.ts'
import { markOf } from '../traffic/mark.ts'
import type { Mark } from '../traffic/mark.ts'
import type { DestinationRule, VirtualService } from '../traffic/types.ts'
import { isUnfinished } from './truth.ts'

/** What is known of a Rollout's objects while no release moves them. */
export interface Resting {
  readonly rollout: ObjectRef & { readonly uid: string }
  readonly status: RolloutStatus
  readonly virtualServices: readonly (VirtualService | undefined)[]
  readonly destinationRule: DestinationRule | undefined
  /** Versions of the service that have ready pods. */
  readonly alive: readonly string[]
}

/** The final route that stands between releases, and in whose name it is kept. */
export interface Rest {
  /** The version that users have. */
  readonly version: string
  /** The version before it, while the way back is open. */
  readonly former?: string
  /** The latest of our marks in a VirtualService. */
  readonly mark: Mark
}

/** Does nothing move the route, as the status tells? */
export function isResting({ release }: RolloutStatus): boolean {
  return RESTING.has(release?.phase ?? 'Done')
}

/** Phases in which nothing moves the route, the way back included. */
const RESTING: ReadonlySet<string> = new Set(['Done', 'Refused', 'Retaining'])

/**
 * The version that all managed routes should have while no release moves them: what our own marks say, if the status
 * agrees. Undefined while a release is under way or left its traces, and when nothing of ours tells.
 */
export function restOf(resting: Resting): Rest | undefined {
  const { rollout, status, virtualServices, destinationRule } = resting
  if (!isResting(status)) return undefined
  const key = keyOf(rollout)
  const routeMarks = virtualServices.flatMap((object) => (object && markOf(object, key)) ?? [])
  const ruleMark = destinationRule && markOf(destinationRule, key)
  const marks = routeMarks.length > 0 ? routeMarks : marksInstead(ruleMark, resting)
  const [mark] = marks.toSorted((a, b) => b.seq - a.seq)
  if (mark === undefined || !isUnanimous(mark.stable, { marks, ruleMark, resting })) return undefined
  const former = isUnfinished(ruleMark) ? otherOf(ruleMark, mark.stable) : undefined
  return { version: mark.stable, mark, ...(former !== undefined && { former }) }
}

function isUnanimous(
  version: string,
  { marks, ruleMark, resting }: { marks: readonly Mark[]; ruleMark: Mark | undefined; resting: Resting },
): boolean {
  const { rollout, status } = resting
  const ours = marks.every((mark) => !isUnfinished(mark) && mark.uid === rollout.uid)
  const said = [status.stableVersion ?? version, ...marks.map(({ stable }) => stable)]
  return ours && said.every((other) => other === version) && agrees(ruleMark, version)
}

/**
 * Somebody replaced the VirtualServices whole: then the DestinationRule may tell, or at last the status, if nobody but
 * its version could answer.
 */
function marksInstead(ruleMark: Mark | undefined, { rollout, status, alive }: Resting): Mark[] {
  const { stableVersion, release } = status
  if (stableVersion === undefined) return []
  if (ruleMark !== undefined) return isUnfinished(ruleMark) ? settled(ruleMark, stableVersion) : [ruleMark]
  const isOnlyOne = alive.length === 1 && alive[0] === stableVersion
  if (!isOnlyOne || release === undefined) return []
  const { id, seq } = release
  return [{ rollout: keyOf(rollout), uid: rollout.uid, release: id, seq, stable: stableVersion }]
}

function settled(mark: Mark, version: string): Mark[] {
  const { canary: _canary, ...rest } = mark
  return agrees(mark, version) ? [{ ...rest, stable: version }] : []
}

/**
 * Until retirement the mark in the DestinationRule goes on naming both versions as the release began with them, also when
 * users went back.
 */
function agrees(mark: Mark | undefined, version: string): boolean {
  return mark === undefined || mark.stable === version || mark.canary === version
}

function otherOf({ stable, canary }: Mark & { readonly canary: string }, version: string): string {
  return version === canary ? stable : canary
}
