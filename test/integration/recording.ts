import { Watch } from '@kubernetes/client-node'
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node'
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

const APIS = {
  rollouts: GROUP_VERSION,
  virtualservices: 'networking.istio.io/v1',
  destinationrules: 'networking.istio.io/v1',
}

/**
 * Records all versions of the `reviews` of a kind, beginning with the one that stands.
 * @param namespace default: that of the shop
 */
export async function record<T>(
  shop: Shop,
  plural: keyof typeof APIS,
  namespace = shop.namespace,
): Promise<Recording<T>> {
  const path = `/apis/${APIS[plural]}/namespaces/${namespace}/${plural}`
  return recordPath(shop, path, (_, object) => object as T)
}

/** A version of a pod, and whether it is the last one. */
export interface PodVersion {
  readonly pod: V1Pod
  readonly isGone: boolean
}

/** Records all versions of the pods of the shop's `reviews`, beginning with those that stand. */
export async function recordPods(shop: Shop): Promise<Recording<PodVersion>> {
  const path = `/api/v1/namespaces/${shop.namespace}/pods`
  return recordPath(shop, path, (phase, object) => ({ pod: object as V1Pod, isGone: phase === 'DELETED' }))
}

async function recordPath<R>(
  shop: Shop,
  path: string,
  noted: (phase: string, object: unknown) => R,
): Promise<Recording<R>> {
  const versions: R[] = []
  const watch = pathWatch(shop, path, (phase, object) => versions.push(noted(phase, object)))
  let current = await watch()
  let stopped = false
  let problem: unknown
  const goOn = async (): Promise<void> => {
    const end = await current.ended
    if (stopped) return
    if (!isQuiet(end)) throw end
    current = await watch()
    if (stopped) current.abort()
    return goOn()
  }
  void goOn().catch((error: unknown) => (problem = error))
  return {
    versions,
    stop: () => {
      stopped = true
      current.abort()
      if (problem !== undefined) throw new Error(`the watch of ${path} broke`, { cause: problem })
    },
  }
}

interface Watching {
  readonly ended: Promise<Error>
  readonly abort: () => void
}

/** Begins a watch where the one before ended. */
function pathWatch(
  { config }: Shop,
  path: string,
  happened: (phase: string, object: unknown) => void,
): () => Promise<Watching> {
  const selector = path.endsWith('/pods')
    ? { labelSelector: 'app=reviews' }
    : { fieldSelector: 'metadata.name=reviews' }
  let resourceVersion: string | undefined
  return async () => {
    const { promise: ended, resolve } = Promise.withResolvers<Error>()
    const event = (phase: string, object: KubernetesObject) => {
      if (phase === 'ERROR') return resolve(new Error(JSON.stringify(object)))
      resourceVersion = object.metadata?.resourceVersion
      happened(phase, object)
    }
    const request = await new Watch(config).watch(
      path,
      { ...selector, resourceVersion },
      event,
      (error: Error | null) => resolve(error ?? new Error('the API server ended the watch')),
    )
    return { ended, abort: () => request.abort() }
  }
}

/** The client gives up where nothing happened for half a minute. */
function isQuiet({ name }: Error): boolean {
  return name === 'TimeoutError'
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
