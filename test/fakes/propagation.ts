import { meansService } from '../../src/core/traffic/hosts.ts'
import { weightsOf } from '../../src/core/traffic/proxies.ts'
import type { ProxyTraffic, ProxyView, TrafficQuestion } from '../../src/core/traffic/proxies.ts'
import type { DestinationRule, VirtualService } from '../../src/core/traffic/types.ts'
import type { Propagation } from '../../src/ports.ts'
import type { ObjectStore, StoredObject } from './object-store.ts'
import { isSelected, labelsOf, selectorOf } from './workloads.ts'

/** Proxies that do what the objects say: at once, or when they are told to follow again. */
export class FakeProxies implements Propagation {
  readonly name = 'Fake'
  readonly #store: ObjectStore
  readonly #names: readonly string[]
  /** What the store held when the proxies stopped following. */
  #held: ((kind: string, namespace?: string) => StoredObject[]) | undefined
  #problem: string | undefined

  constructor(store: ObjectStore, names: readonly string[] = ['gateway']) {
    this.#store = store
    this.#names = names
  }

  /** From now on the proxies do what they do now, whatever changes. */
  hold(): void {
    const kinds = ['VirtualService', 'DestinationRule', 'Service', 'Pod']
    const known = new Map(kinds.map((kind) => [kind, this.#store.list(kind)]))
    this.#held = (kind) => known.get(kind) ?? []
  }

  /** The proxies do what the objects say again. */
  follow(): void {
    this.#held = undefined
  }

  /** The proxies cannot be asked; undefined: they can. */
  fail(problem: string | undefined): void {
    this.#problem = problem
  }

  async look(question: TrafficQuestion): Promise<ProxyView> {
    if (this.#problem !== undefined) throw new Error(this.#problem)
    return { proxies: this.#names.map((proxy) => this.#trafficOf(proxy, question)) }
  }

  #list(kind: string): StoredObject[] {
    return this.#held ? this.#held(kind) : this.#store.list(kind)
  }

  #trafficOf(proxy: string, question: TrafficQuestion): ProxyTraffic {
    const { namespace, name } = question.virtualService
    const object = this.#list('VirtualService').find(
      ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
    ) as VirtualService | undefined
    const endpoints = this.#endpointsOf(question)
    const weights = object && weightsOf(object, question)
    return { proxy, endpoints, ...(weights && { weights }) }
  }

  #endpointsOf({ service, subsets }: TrafficQuestion): Record<string, number> {
    const rules = this.#list('DestinationRule') as unknown as DestinationRule[]
    // Istio merges the subsets of all rules of a host.
    const ours = rules.filter((one) => meansService(one.spec.host, one.metadata.namespace, service))
    const known = ours.flatMap(({ spec }) => spec.subsets ?? []).filter(({ name }) => subsets.includes(name))
    return Object.fromEntries(
      known.map(({ name, labels }) => [name, this.#countReady(service, labels ?? {})]),
    )
  }

  #countReady(service: TrafficQuestion['service'], labels: Readonly<Record<string, string>>): number {
    const named = this.#list('Service').find(
      ({ metadata }) => metadata.name === service.name && metadata.namespace === service.namespace,
    )
    const selector = { ...(named && selectorOf(named)), ...labels }
    const pods = this.#list('Pod').filter(({ metadata }) => metadata.namespace === service.namespace)
    return pods.filter((pod) => isReady(pod) && isSelected(labelsOf(pod.metadata), selector)).length
  }
}

function isReady(pod: StoredObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: { type: string; status: string }[] }
  const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  return ready && pod.metadata.deletionTimestamp === undefined
}
