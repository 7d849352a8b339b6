import { makeInformer } from '@kubernetes/client-node'
import type { KubernetesListObject, KubernetesObject } from '@kubernetes/client-node'
import { GROUP_VERSION } from '../../src/api/names.ts'
import { keepStarted } from '../agent/keep-started.ts'
import type { Shop } from './shop.ts'

/** The versions of an object that were seen. */
export interface ObjectRecord<T> {
  readonly versions: readonly T[]
  stop(): void
}

const APIS = { rollouts: GROUP_VERSION, virtualservices: 'networking.istio.io/v1' }

/**
 * Records the shop's only object of a kind, also through outages of the API server. What was written and overwritten
 * between its return and ours is missing: `skippedGenerations` tells.
 */
export function recordThrough<T extends KubernetesObject>(
  shop: Shop,
  plural: keyof typeof APIS,
): ObjectRecord<T> {
  const versions: T[] = []
  const [group = '', version = ''] = APIS[plural].split('/')
  const kind = { group, version, plural, namespace: shop.namespace }
  const path = `/apis/${group}/${version}/namespaces/${shop.namespace}/${plural}`
  const list = async () => (await shop.custom.listNamespacedCustomObject(kind)) as KubernetesListObject<T>
  const informer = makeInformer<T>(shop.config, path, list)
  informer.on('add', (object) => void versions.push(object))
  informer.on('update', (object) => void versions.push(object))
  // It tries again, and the API server may be away on purpose.
  return { versions, stop: keepStarted(informer, () => undefined) }
}

/** Changes of an object's spec that a record lacks, as generations. */
export function skippedGenerations(versions: readonly KubernetesObject[]): number[] {
  const seen = new Set(versions.map(({ metadata }) => metadata?.generation ?? 0))
  const from = Math.min(...seen)
  const all = Array.from({ length: Math.max(...seen) - from + 1 }, (_, index) => from + index)
  return all.filter((generation) => !seen.has(generation))
}
