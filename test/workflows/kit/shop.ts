import { FakeMetricQueries } from '../../fakes/metric-queries.ts'
import { FakeNamedPrometheus } from '../../fakes/named-prometheus.ts'
import { FakeSecrets } from '../../fakes/secrets.ts'
import { FakeProber } from '../../fakes/prober.ts'
import { FakeWebMetrics } from '../../fakes/web-metrics.ts'
import { setTimeout as delay } from 'node:timers/promises'
import type { RolloutStatus } from '../../../src/api/v1alpha1/status.ts'
import type { RawRollout } from '../../../src/api/v1alpha1/rollout.ts'
import { FINALIZER } from '../../../src/api/names.ts'
import type { RolloutEvent } from '../../../src/core/status/events.ts'
import { templateHashOf } from '../../../src/core/policy/templates.ts'
import { sharesOf } from '../../../src/core/traffic/route.ts'
import type { DestinationRule, MeshObject, Subset, VirtualService } from '../../../src/core/traffic/types.ts'
import { ProviderError } from '../../../src/ports.ts'
import type {
  CounterQuery,
  MeshRef,
  MetricsSource,
  PodView,
  Ports,
  WorkloadView,
} from '../../../src/ports.ts'
import { ROLLOUT, SERVICE, START, aDestinationRule, aVirtualService, primary } from '../../core/shop.ts'
import { ObjectStore } from '../../fakes/object-store.ts'
import type { StoredObject } from '../../fakes/object-store.ts'

/** Requests that each version answers. */
export const REQUESTS_A_SECOND = 100
/** Time between two scrapes (milliseconds). */
const SCRAPE_MS = 1_000

/** The shop in memory, as the real activities see it. Time passes only while they wait. */
export class Shop {
  now = START
  /** Ready pods by version. */
  readonly pods: Record<string, number> = { v1: 4, v2: 4 }
  /** Share of the canary's answers that are errors, 0–1. */
  errors = 0
  /** The API server takes no writes of mesh objects. */
  isReadOnly = false
  isPrometheusAway = false
  rollout: RawRollout | undefined
  /** How often the API server was asked for a mesh object. */
  freshReads = 0
  /** How often it did not take a write. */
  refusedWrites = 0
  readonly events: RolloutEvent[] = []
  /** How much faster than asked for time passes. */
  haste = 1
  /** Those who wait do so by everybody's clock, too. */
  isRealTime = false
  /** Called whenever an activity waits. */
  onWait: () => void = () => undefined
  readonly #objects = new ObjectStore(() => this.now)

  constructor() {
    this.#objects.create(aVirtualService())
    this.#objects.create(aDestinationRule())
    const meta = {
      ...ROLLOUT,
      generation: 1,
      resourceVersion: '1',
      creationTimestamp: new Date(START).toISOString(),
      finalizers: [],
    }
    this.rollout = { meta, spec: { paused: false }, status: {} }
  }

  get virtualService(): VirtualService {
    return this.#objects.read('VirtualService', SERVICE) as unknown as VirtualService
  }

  /** Percent of requests by version. */
  weights(): Record<string, number> {
    return Object.fromEntries(this.#shares().map(([subset, percent]) => [this.#versionOf(subset), percent]))
  }

  /** A stranger gives the canary weight. */
  moveWeights(canary: number): void {
    this.#objects.change<StoredObject>('VirtualService', SERVICE, (object) => {
      const virtualService = object as unknown as VirtualService
      const http = virtualService.spec.http?.map((route) => ({
        ...route,
        route: route.route?.map((to) => {
          if (to.destination.host !== SERVICE.name) return to
          return { ...to, weight: this.#versionOf(to.destination.subset) === 'v2' ? canary : 100 - canary }
        }),
      }))
      return { ...object, spec: { ...virtualService.spec, http } }
    })
  }

  /** Hash of the canary's pod template. */
  templateHash(): string {
    return templateHashOf([workloadOf('v2', 4)])
  }

  setPaused(paused: boolean): void {
    if (this.rollout) this.rollout = { ...this.rollout, spec: { paused } }
  }

  ports(): Ports {
    return {
      mesh: {
        read: async (ref, freshness) => Promise.resolve(this.#read(ref, freshness === 'Fresh')),
        write: async (object) => Promise.resolve(this.#write(object)),
        rehearse: async () => Promise.resolve(),
        virtualServices: () => [this.virtualService],
        destinationRules: () => [],
      },
      making: NOBODY_MAKES,
      scope: { hosts: () => [], sidecars: () => [] },
      workloads: {
        namespace: () => ({ labels: {} }),
        service: () => ({ ...SERVICE, selector: { app: 'reviews' } }),
        pods: (_, selector) =>
          this.#versions(selector).flatMap((version) => podsOf(version, this.pods[version])),
        workloads: (_, selector) =>
          this.#versions(selector).map((version) => workloadOf(version, this.pods[version] ?? 0)),
      },
      ...noOwnMetrics(),
      scaling: {
        autoscalers: () => [],
        budgets: () => [],
        scale: async ({ podLabels: { version = '' } }, next) => {
          const from = this.pods[version] ?? 0
          const to = next(from) ?? from
          this.pods[version] = to
          return Promise.resolve(to === from ? undefined : { from, to })
        },
        setFloor: async () => Promise.resolve(undefined),
        remove: async () => Promise.resolve(),
      },
      changes: { next: async (_, maxMs) => this.#pass(maxMs) },
      propagation: { name: 'Fake', look: async () => Promise.resolve({ proxies: [this.#proxy()] }) },
      metrics: this.#metrics(),
      store: {
        get: () => this.rollout,
        list: () => (this.rollout ? [this.rollout] : []),
        updateStatus: async (_, next) => Promise.resolve(this.#updateStatus(next)),
        setFinalizer: async (_, present) => Promise.resolve(this.#setFinalizer(present)),
        record: async (_, event) => {
          this.events.push(event)
          return Promise.resolve()
        },
      },
      clock: { now: () => this.now },
      reporter: {
        moved: () => undefined,
        judged: () => undefined,
        unwatched: () => undefined,
        lowered: () => undefined,
      },
      limits: { faultMaxDurationMs: 600_000, faultMaxPercent: 0 },
    }
  }

  #versions({ version }: Readonly<Record<string, string>>): string[] {
    return version === undefined ? Object.keys(this.pods) : [version]
  }

  async #pass(ms: number): Promise<void> {
    this.now += ms * this.haste
    this.onWait()
    // Even when no time passes others may do something, such as to end an observer that never ends.
    await delay(this.isRealTime ? ms : 0)
  }

  #read({ kind, namespace, name }: MeshRef, isFresh: boolean): MeshObject | undefined {
    if (isFresh) this.freshReads++
    return this.#objects.read(kind, { namespace, name }) as unknown as MeshObject | undefined
  }

  #write(object: MeshObject): void {
    if (this.isReadOnly) {
      this.refusedWrites++
      throw new Error('the API server answered 503')
    }
    this.#objects.replace(object)
  }

  #updateStatus(next: (prior: RolloutStatus) => RolloutStatus | undefined): void {
    if (this.rollout)
      this.rollout = { ...this.rollout, status: next(this.rollout.status) ?? this.rollout.status }
  }

  #setFinalizer(present: boolean): boolean {
    if (!this.rollout) return false
    const meta = { ...this.rollout.meta, finalizers: present ? [FINALIZER] : [] }
    this.rollout = { ...this.rollout, meta }
    return true
  }

  #shares(): [subset: string, percent: number][] {
    const shares = sharesOf(this.virtualService, primary(this.virtualService), SERVICE)
    return shares.map(({ subset, percent }) => [subset ?? '', percent])
  }

  #subsets(): readonly Subset[] {
    const rule = this.#objects.read('DestinationRule', SERVICE) as unknown as DestinationRule
    return rule.spec.subsets ?? []
  }

  #versionOf(subset: string | undefined): string {
    return this.#subsets().find(({ name }) => name === subset)?.labels?.['version'] ?? ''
  }

  #proxy() {
    const endpoints = this.#subsets().map(({ name }) => [name, this.pods[this.#versionOf(name)] ?? 0])
    const weights = Object.fromEntries(this.#shares())
    return { proxy: 'gateway', endpoints: Object.fromEntries(endpoints) as Record<string, number>, weights }
  }

  #metrics(): MetricsSource {
    const series = (query: CounterQuery, version: string, [code, rate]: [string, number]) => {
      const from = Math.max(START, Math.ceil(query.fromMs / SCRAPE_MS) * SCRAPE_MS)
      const length = Math.max(0, Math.floor((query.toMs - from) / SCRAPE_MS) + 1)
      const times = Array.from({ length }, (_, index) => from + index * SCRAPE_MS)
      const samples = times.map((at): [number, number] => [at, Math.round((rate * (at - START)) / 1000)])
      return { instance: 'gateway', version, code, samples }
    }
    return {
      requests: async (query) => {
        if (this.isPrometheusAway) throw new ProviderError('it does not answer')
        return Promise.resolve([
          series(query, 'v1', ['200', REQUESTS_A_SECOND]),
          series(query, 'v2', ['200', REQUESTS_A_SECOND * (1 - this.errors)]),
          series(query, 'v2', ['503', REQUESTS_A_SECOND * this.errors]),
        ])
      },
      latencies: async () => Promise.resolve([]),
    }
  }
}

function podsOf(version: string, ready = 0): PodView[] {
  return Array.from({ length: ready }, (_, index) => ({
    name: `${version}-${index}`,
    labels: { app: 'reviews', version },
    ready: true,
    crashing: false,
    terminating: false,
    hasSidecar: true,
  }))
}

/** No objects are made or removed. */
const NOBODY_MAKES: Ports['making'] = {
  create: async () => Promise.resolve(),
  remove: async () => Promise.resolve(false),
  rehearse: async () => Promise.resolve(),
}

/** Nothing but Istio's own metrics is asked for. */
function noOwnMetrics(): Pick<Ports, 'queries' | 'named' | 'web' | 'prober' | 'templates' | 'secrets'> {
  return {
    queries: new FakeMetricQueries(),
    named: new FakeNamedPrometheus(),
    web: new FakeWebMetrics(),
    prober: new FakeProber(),
    templates: { spec: () => undefined },
    secrets: new FakeSecrets(),
  }
}

function workloadOf(version: string, replicas: number): WorkloadView {
  return {
    kind: 'Deployment',
    resource: 'deployments.apps',
    uid: `uid-${version}`,
    resourceVersion: '1',
    namespace: 'shop',
    name: `reviews-${version}`,
    labels: { app: 'reviews' },
    podLabels: { app: 'reviews', version },
    replicas,
    templateHash: 'template-1',
  }
}
