import type { V1PolicyRule } from '@kubernetes/client-node'

/** A right as one line: verb, group (`core` for the nameless one), resource with its subresource. */
export type Right = string

/** All rights that rules give, sorted. */
export function rightsOf(rules: readonly V1PolicyRule[]): readonly Right[] {
  const all = rules.flatMap(({ verbs, apiGroups = [], resources = [] }) =>
    apiGroups.flatMap((group) => rights(verbs, group, resources)),
  )
  return [...new Set(all)].toSorted()
}

/** The rights to do each of the verbs with each of the resources of a group. */
export function rights(verbs: readonly string[], group: string, resources: readonly string[]): Right[] {
  return resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group || 'core'} ${resource}`))
}
