import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import type { SubsetScene } from '../../core/traffic/stale-subsets.ts'
import type { Ports } from '../../ports.ts'

/** What decides whether a subset has a use, from caches. */
export function subsetScene({
  mesh,
  workloads,
  store,
}: Pick<Ports, 'mesh' | 'workloads' | 'store'>): SubsetScene {
  return {
    virtualServices: mesh.virtualServices(),
    destinationRules: mesh.destinationRules(),
    hasPods: (service, labels) => {
      const selector = workloads.service(service)?.selector ?? {}
      // Without a selector the endpoints come from elsewhere.
      if (Object.keys(selector).length === 0) return undefined
      const isContradiction = Object.entries(labels).some(
        ([key, value]) => (selector[key] ?? value) !== value,
      )
      return !isContradiction && workloads.pods(service.namespace, { ...selector, ...labels }).length > 0
    },
    versions: remembered((namespace) => new Set(store.list(namespace).flatMap(versionsOf))),
  }
}

/** Asked for each subset, and the same for all of a namespace. */
function remembered<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>()
  return (key) => {
    const value = known.get(key) ?? make(key)
    known.set(key, value)
    return value
  }
}

function versionsOf({ spec, status }: RawRollout): string[] {
  const { version } = (spec ?? {}) as { version?: unknown }
  const known = [version, status.stableVersion, status.release?.version]
  return known.filter((one) => typeof one === 'string')
}
