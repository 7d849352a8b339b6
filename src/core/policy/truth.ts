import type { RolloutStatus } from '../../api/v1alpha1/status.ts'
import { markOf } from '../traffic/mark.ts'
import type { Mark } from '../traffic/mark.ts'
import { sharesOf } from '../traffic/route.ts'
import { versionOfSubset } from '../traffic/subsets.ts'
import type { DestinationRule, HttpRoute, ServiceHost, VirtualService } from '../traffic/types.ts'

/** Who says which version users have. */
export interface Witnesses {
  /** The versions to which the managed routes send 100 %; undefined where a route is divided. */
  readonly routes: readonly (string | undefined)[]
  /** What the marks of the VirtualServices say. */
  readonly marks: readonly string[]
  readonly status?: string
  readonly initial?: string
}

export type Truth =
  | { readonly version: string }
  /** Two witnesses name different versions. */
  | { readonly conflict: string }
  | { readonly unknown: true }

/**
 * The version that users have. The route tells; mark and status must agree with it. `initial` counts only when nobody
 * else knows.
 */
export function truthOf(witnesses: Witnesses): Truth {
  const named = [
    ...distinct(witnesses.routes).map((version) => ['the route sends 100 % to', version]),
    ...distinct(witnesses.marks).map((version) => ['the mark names', version]),
    ['status.stableVersion names', witnesses.status],
  ].filter((pair): pair is [string, string] => pair[1] !== undefined)
  const versions = new Set(named.map(([, version]) => version))
  if (versions.size > 1) return { conflict: named.map(([who, version]) => `${who} ${version}`).join(', ') }
  const version = named[0]?.[1] ?? witnesses.initial
  return version === undefined ? { unknown: true } : { version }
}

function distinct<T>(list: readonly T[]): T[] {
  return [...new Set(list)]
}

/** Where the witnesses are found. */
export interface WitnessSources {
  readonly routes: readonly { readonly virtualService: VirtualService; readonly route: HttpRoute }[]
  readonly destinationRule: DestinationRule
  readonly service: ServiceHost
  readonly versionLabel: string
  readonly rollout: string
  readonly status: RolloutStatus
  readonly initialVersion: string | undefined
}

/** Asks all witnesses. */
export function witnessesOf(sources: WitnessSources): Witnesses {
  const { routes, rollout } = sources
  return {
    routes: routes.map((one) => routedVersion(one, sources)),
    marks: routes.flatMap(({ virtualService }) => markOf(virtualService, rollout)?.stable ?? []),
    ...(sources.status.stableVersion !== undefined && { status: sources.status.stableVersion }),
    ...(sources.initialVersion !== undefined && { initial: sources.initialVersion }),
  }
}

function routedVersion(
  { virtualService, route }: WitnessSources['routes'][number],
  { service, destinationRule, versionLabel }: WitnessSources,
): string | undefined {
  const only = sharesOf(virtualService, route, service).find((share) => share.percent === 100)?.subset
  return only === undefined ? undefined : versionOfSubset(destinationRule, versionLabel, only)
}

/**
 * A mark of a release that was neither promoted nor taken back. One that is halted and still names a canary is over, but
 * its weights were left for want of stable's pods.
 */
export function isUnfinished(mark: Mark | undefined): mark is Mark & { canary: string } {
  return mark?.canary !== undefined
}
