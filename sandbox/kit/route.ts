import type { DestinationRule, VirtualService } from '../../src/core/traffic/types.ts'

/** VirtualService and DestinationRule of a service, as they stand. */
export interface MeshObjects {
  readonly virtualService: VirtualService
  readonly destinationRule: DestinationRule
}

/** Whom a route leads to. */
export interface Leading {
  /** The version that its subset selects; undefined when there is no such subset. */
  readonly version: string | undefined
  /** As the object has it; an only destination needs none. */
  readonly weight: number | undefined
}

/** Where the routes of a VirtualService lead. */
export function destinationsOf({ virtualService, destinationRule }: MeshObjects): Leading[] {
  const { subsets = [] } = destinationRule.spec
  const entries = virtualService.spec.http?.flatMap(({ route }) => route ?? []) ?? []
  return entries.map(({ destination, weight }) => {
    const subset = subsets.find(({ name }) => name === destination.subset)
    return { version: subset?.labels?.['version'], weight }
  })
}

/** Percent of requests that the only route gives to a version; 0 when it does not name the version. */
export function weightOf(mesh: MeshObjects, version: string): number {
  const destinations = destinationsOf(mesh)
  const own = destinations.filter((destination) => destination.version === version)
  if (own.length === destinations.length && own.length > 0) return 100
  return own.reduce((sum, { weight = 0 }) => sum + weight, 0)
}
