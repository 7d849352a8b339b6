import { marksOf } from '../../src/core/traffic/mark.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import type { Caches } from '../../src/adapters/kubernetes/caches.ts'
import { STABLE } from '../kit/shops.ts'

/** A state of a VirtualService, as a watch brought it. */
export interface RouteChange {
  readonly resourceVersion: string
  /** Percent of requests that go to another version than v1. */
  readonly weight: number
}

/** Remembers each state that Sluice gave to VirtualServices, by namespace and in order. */
export class RouteHistory {
  readonly #changes = new Map<string, RouteChange[]>()

  constructor(caches: Caches) {
    caches.virtualServices.on('change', (object, kind) => {
      if (kind === 'present' && marksOf(object).length > 0) this.#add(object)
    })
  }

  of(namespace: string): readonly RouteChange[] {
    return this.#changes.get(namespace) ?? []
  }

  #add(object: VirtualService): void {
    const { namespace, resourceVersion = '' } = object.metadata
    const changes = this.#changes.get(namespace) ?? []
    this.#changes.set(namespace, changes)
    if (changes.at(-1)?.resourceVersion !== resourceVersion) {
      changes.push({ resourceVersion, weight: canaryWeight(object) })
    }
  }
}

function canaryWeight({ spec }: VirtualService): number {
  const entries = (spec.http ?? []).flatMap((route) => route.route ?? [])
  const weights = entries.map(({ destination, weight = 100 }) => ({
    canary: destination.subset !== STABLE,
    weight,
  }))
  const all = weights.reduce((total, { weight }) => total + weight, 0)
  const canary = weights.reduce((total, entry) => total + (entry.canary ? entry.weight : 0), 0)
  return all === 0 ? 0 : (100 * canary) / all
}
