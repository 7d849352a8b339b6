import { keyOf } from '../../api/names.ts'
import type { ReleaseState, Side } from '../machine/state.ts'
import type { Writer } from './fence.ts'
import type { MarkedFailure } from './mark.ts'
import type { RouteQuery } from './route.ts'

/** What an edit needs to know of the release. */
export interface ReleaseContext {
  readonly writer: Writer
  readonly stable: { readonly version: string; readonly subset: string }
  readonly canary: { readonly version: string; readonly subset: string }
  /** The release itself, once it has failed. */
  readonly failed?: MarkedFailure
}

/** What an edit of a VirtualService needs to know besides. */
export interface TrafficContext extends ReleaseContext {
  readonly route: RouteQuery
}

/** Who a release is to the fence. */
export function writerOf({ rollout, id, seq }: ReleaseState): Writer {
  return { rollout: keyOf(rollout), uid: rollout.uid, release: id, seq }
}

/** What every edit of a release needs. Throws when preflight has not cleared it. */
export function releaseOf(state: ReleaseState): ReleaseContext {
  const { ending, version, templateHash } = state
  const failed = ending?.failed === true && { version, templateHash, reason: ending.reason }
  return { writer: writerOf(state), ...sidesOf(state), ...(failed && { failed }) }
}

/** Stable and canary of a release. Throws when preflight has not cleared it. */
export function sidesOf(state: ReleaseState): { readonly stable: Side; readonly canary: Side } {
  const { stable, canary } = state
  if (!stable || !canary)
    throw new Error(`release of ${keyOf(state.rollout)} acts in ${state.phase} before preflight`)
  return { stable, canary }
}
