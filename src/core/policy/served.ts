import { subsetsInUse } from '../traffic/route.ts'
import type { RouteQuery } from '../traffic/route.ts'
import type { DestinationRule, VirtualService } from '../traffic/types.ts'
import { podFacts } from './pods.ts'

/** Who could answer requests of a service. */
export interface Answerers {
  readonly rule: DestinationRule | undefined
  /** Labels of all pods of the service; undefined without one. */
  readonly selector: Readonly<Record<string, string>> | undefined
  /** Pods with all of some labels. */
  readonly pods: (labels: Readonly<Record<string, string>>) => Parameters<typeof podFacts>[0]
}

/** Is there a ready pod behind each subset to which the managed routes of an object lead now? */
export function isServed(
  object: VirtualService,
  query: RouteQuery,
  { rule, selector, pods }: Answerers,
): boolean {
  return subsetsInUse(object, query).every((name) => {
    const found = rule?.spec.subsets?.find((subset) => subset.name === name)
    if (selector === undefined || (name !== undefined && found === undefined)) return false
    return podFacts(pods({ ...selector, ...found?.labels })).ready > 0
  })
}
