import { setTimeout as sleep } from 'node:timers/promises'
import axios from 'axios'
import { STABLE } from '../kit/shops.ts'

/** Time between two questions (milliseconds): how exact the answer is. */
export const POLL_MS = 20

/** A weight that the proxy was seen to have from then on. */
export interface ProxyChange {
  /** When the answer came; milliseconds since the epoch. */
  readonly at: number
  /** Percent of requests that go to another version than v1. */
  readonly weight: number
}

interface Cluster {
  readonly name: string
  readonly weight?: number
}

/** The part of Envoy's `/config_dump` that matters here. */
export interface RouteDump {
  readonly configs?: readonly {
    readonly route_config?: {
      readonly virtual_hosts?: readonly {
        readonly routes?: readonly {
          readonly route?: {
            readonly cluster?: string
            readonly weighted_clusters?: { readonly clusters: readonly Cluster[] }
          }
        }[]
      }[]
    }
  }[]
}

/** Asks an Envoy again and again which weights it has, independent of Sluice. */
export class ProxyHistory {
  readonly #url: string
  readonly #changes = new Map<string, ProxyChange[]>()
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>

  /** @param admin base URL of its admin interface */
  constructor(admin: string) {
    this.#url = `${admin}/config_dump?resource=dynamic_route_configs`
    this.#ended = this.#poll()
    // Whoever stops it is told; until then a failure must not end the program.
    this.#ended.catch(() => undefined)
  }

  of(namespace: string): readonly ProxyChange[] {
    return this.#changes.get(namespace) ?? []
  }

  /** Throws when a question was not answered. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#ended
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const next = sleep(POLL_MS, undefined, { signal }).catch(() => undefined)
      const { data } = await axios.get<RouteDump>(this.#url)
      this.#note(weightsIn(data), Date.now())
      await next
    }
  }

  #note(weights: ReadonlyMap<string, number>, at: number): void {
    for (const [namespace, weight] of weights) {
      const changes = this.#changes.get(namespace) ?? []
      this.#changes.set(namespace, changes)
      if (changes.at(-1)?.weight !== weight) changes.push({ at, weight })
    }
  }
}

/** Percent of requests that go to another version than v1, by namespace of the service. */
export function weightsIn({ configs = [] }: RouteDump): Map<string, number> {
  const actions = configs
    .flatMap((config) => config.route_config?.virtual_hosts ?? [])
    .flatMap((host) => host.routes ?? [])
    .flatMap(({ route }) => (route ? [route] : []))
  const weights = new Map<string, number>()
  for (const { cluster, weighted_clusters: weighted } of actions) {
    const clusters = weighted?.clusters ?? (cluster === undefined ? [] : [{ name: cluster, weight: 1 }])
    const all = clusters.reduce((total, { weight = 0 }) => total + weight, 0)
    const canary = clusters.filter(({ name }) => placeOf(name).subset !== STABLE)
    const share = canary.reduce((total, { weight = 0 }) => total + weight, 0)
    const { namespace } = placeOf(clusters[0]?.name ?? '')
    if (namespace !== undefined) weights.set(namespace, all === 0 ? 0 : (100 * share) / all)
  }
  return weights
}

/** Istio names a cluster `outbound|PORT|SUBSET|SERVICE.NAMESPACE.svc.cluster.local`. */
function placeOf(cluster: string): { subset: string | undefined; namespace: string | undefined } {
  const [, , subset, host] = cluster.split('|')
  return { subset, namespace: host?.split('.')[1] }
}
