import { Watch } from '@kubernetes/client-node'
import type { Shop } from '../../sandbox/kit/shop.ts'
import { GROUP_VERSION } from '../../src/api/names.ts'
import { sharesOf } from '../../src/core/traffic/route.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'

/** Every version of an object since the recording began, in order. */
export interface Recording<T> {
  readonly versions: readonly T[]
  /** Ends it. Throws when the watch broke, since something may be missing then. */
  stop(): void
}

const APIS = { rollouts: GROUP_VERSION, virtualservices: 'networking.istio.io/v1' }

/** Records all versions of the shop's `reviews` of a kind, beginning with the one that stands. */
export async function record<T>(shop: Shop, plural: keyof typeof APIS): Promise<Recording<T>> {
  const versions: T[] = []
  let stopped = false
  let problem: unknown
  const watching = await new Watch(shop.config).watch(
    `/apis/${APIS[plural]}/namespaces/${shop.namespace}/${plural}`,
    { fieldSelector: 'metadata.name=reviews' },
    (_, object: T) => versions.push(object),
    (error) => {
      if (!stopped) problem = error ?? new Error('the API server ended the watch')
    },
  )
  return {
    versions,
    stop: () => {
      stopped = true
      watching.abort()
      if (problem !== undefined) throw new Error(`the watch of ${plural} broke`, { cause: problem })
    },
  }
}

/** The weights (percent) that a version had one after the other; a weight that comes back counts again. */
export function weightsOver(shop: Shop, versions: readonly VirtualService[], version: string): number[] {
  const weights = versions.map((object) => {
    const [route = {}] = object.spec.http ?? []
    const shares = sharesOf(object, route, { namespace: shop.namespace, name: 'reviews' })
    return shares.find(({ subset }) => subset?.startsWith(version))?.percent ?? 0
  })
  return weights.filter((weight, index) => weight !== weights[index - 1])
}
