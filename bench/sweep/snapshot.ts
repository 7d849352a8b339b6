import type { KubernetesClient } from '../../src/adapters/kubernetes/client.ts'
import { faultsIn } from '../../src/core/faults/found.ts'
import { canonicalJson } from '../../src/core/hash.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import { DOOMED, sortOf } from './population.ts'

/** VirtualServices by `namespace/name`. */
export type Snapshot = ReadonlyMap<string, VirtualService>

/** What a sweep made of the mesh. */
export interface Differences {
  /** Written, by `namespace/name`. */
  readonly written: readonly string[]
  /** What should have become of it and did not, or the other way round; one line each. */
  readonly wrong: readonly string[]
}

/** All VirtualServices of some namespaces as the API server has them. */
export async function snapshot(client: KubernetesClient, namespaces: readonly string[]): Promise<Snapshot> {
  const kind = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices' }
  const lists = await Promise.all(
    namespaces.map(async (namespace) => client.custom.listNamespacedCustomObject({ ...kind, namespace })),
  )
  const objects = lists.flatMap((list) => (list as { items: VirtualService[] }).items)
  return new Map(objects.map((object) => [`${object.metadata.namespace}/${object.metadata.name}`, object]))
}

/** Compares a mesh before and after a sweep with what should have become of it. */
export function differences(before: Snapshot, after: Snapshot): Differences {
  const pairs = [...before].map(([key, old]) => ({ key, old, now: after.get(key) }))
  const written = pairs.filter(
    ({ old, now }) => old.metadata.resourceVersion !== now?.metadata.resourceVersion,
  )
  return {
    written: written.map(({ key }) => key),
    wrong: pairs.flatMap(({ key, old, now }) => {
      const problem = problemOf(old, now)
      return problem === undefined ? [] : [`${key} ${problem}`]
    }),
  }
}

function problemOf(old: VirtualService, now: VirtualService | undefined): string | undefined {
  if (now === undefined) return 'is gone'
  const isDoomed = DOOMED.has(sortOf(old))
  const isSame = old.metadata.resourceVersion === now.metadata.resourceVersion
  if (!isDoomed) return isSame ? undefined : 'was written'
  if (faultsIn({ ...now, kind: 'VirtualService' }).length > 0) return 'has its fault still'
  return canonicalJson(withoutFaults(old)) === canonicalJson(now.spec)
    ? undefined
    : 'lost more than its fault'
}

function withoutFaults({ spec }: VirtualService): VirtualService['spec'] {
  const own = (spec.http ?? []).filter(({ name }) => name?.startsWith('sluice-fault-') !== true)
  return { ...spec, http: own.map(({ fault: _fault, ...route }) => route) }
}
