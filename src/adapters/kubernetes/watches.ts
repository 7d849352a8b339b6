import type { KubernetesObject } from '@kubernetes/client-node'
import type { Watches, WatchedKind } from '../../ports.ts'
import type { Caches } from './caches.ts'
import type { ObjectCache } from './object-cache.ts'

/** What the controller watches, from the caches. Pods are left out: their readiness is the release's business. */
export function watchesOf(caches: Caches): Watches {
  const sources: [WatchedKind, ObjectCache<KubernetesObject>][] = [
    ['Rollout', caches.rollouts],
    ['VirtualService', caches.virtualServices],
    ['DestinationRule', caches.destinationRules],
    ['Service', caches.services],
    ...caches.workloads.map(({ objects }): [WatchedKind, ObjectCache<KubernetesObject>] => [
      'Workload',
      objects,
    ]),
  ]
  return {
    subscribe: (listener) => {
      for (const [kind, cache] of sources) {
        cache.on('change', ({ metadata = {} }, state) => {
          const { namespace = '', name = '' } = metadata
          listener({ kind, object: { namespace, name }, gone: state === 'deleted' })
        })
      }
    },
  }
}
