import type { Writer } from './fence.ts'
import type { RouteQuery } from './route.ts'

/** What an edit of traffic needs to know of the release. */
export interface TrafficContext {
  readonly writer: Writer
  readonly route: RouteQuery
  readonly stable: { readonly version: string; readonly subset: string }
  readonly canary: { readonly version: string; readonly subset: string }
}
