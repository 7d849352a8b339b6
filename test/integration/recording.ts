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
  const watching = await keepWatching(shop, path, (phase, object) => versions.push(noted(phase, object)))
  return { versions, stop: watching.stop }
}

/** Watches on from the last version where the client gave up because nothing happened for half a minute. */
async function keepWatching(
  { config }: Shop,
  path: string,
  happened: (phase: string, object: unknown) => void,
): Promise<Pick<Recording<unknown>, 'stop'>> {
  const seen = {
    resourceVersion: undefined as string | undefined,
    stopped: false,
    problem: undefined as unknown,
  }
  let request: AbortController
  const failed = (problem: unknown) => {
    if (!seen.stopped) seen.problem ??= problem
  }
  const open = async (): Promise<void> => {
    const { resourceVersion } = seen
    request = await new Watch(config).watch(path, { ...selectorOf(path), resourceVersion }, event, ended)
    if (seen.stopped) request.abort()
  }
  const event = (phase: string, object: KubernetesObject) => {
    if (phase === 'ERROR') return failed(object)
    seen.resourceVersion = object.metadata?.resourceVersion
    happened(phase, object)
  }
  const ended = (error: unknown) => {
    if (isQuiet(error) && !seen.stopped) open().catch(failed)
    else failed(error ?? new Error('the API server ended the watch'))
  }
  await open()
  return {
    stop: () => {
      seen.stopped = true
      request.abort()
      if (seen.problem !== undefined) throw new Error(`the watch of ${path} broke`, { cause: seen.problem })
    },
  }
}

function isQuiet(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

function selectorOf(path: string): Record<string, string> {
  return path.endsWith('/pods')
    ? { labelSelector: 'app=reviews' }
    : { fieldSelector: 'metadata.name=reviews' }
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
