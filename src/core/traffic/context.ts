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
