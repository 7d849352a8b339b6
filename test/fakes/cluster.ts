import type { Judgement } from '../../src/core/analysis/verdict.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { Limits, MeshMaking, Ports, Reporter } from '../../src/ports.ts'
import { CachedView } from './cached-view.ts'
import { fakeChanges } from './changes.ts'
import { fakeMaking, fakeMesh } from './mesh.ts'
import { FakeMetricsSource } from './metrics-source.ts'
import { FakeMetricQueries } from './metric-queries.ts'
import { FakeProber } from './prober.ts'
import { FakeNamedPrometheus } from './named-prometheus.ts'
import { FakeSecrets } from './secrets.ts'
import { FakeWebMetrics } from './web-metrics.ts'
import { ObjectStore } from './object-store.ts'
import { FakeProxies } from './propagation.ts'
import { FakeRolloutStore } from './rollout-store.ts'
import { fakeScope } from './scope.ts'
import { fakeScaling } from './scaling.ts'
import { fakeWorkloads } from './workloads.ts'

/** What was reported. */
class FakeReporter implements Reporter {
  readonly moves: { readonly before: ReleaseState; readonly after: ReleaseState }[] = []
  readonly judgements: Judgement[] = []
  readonly unwatchedSeconds: number[] = []
  readonly loweredAfterMs: number[] = []

  moved(before: ReleaseState, after: ReleaseState): void {
    this.moves.push({ before, after })
  }

  judged(_state: ReleaseState, judgement: Judgement): void {
    this.judgements.push(judgement)
  }

  unwatched(_state: ReleaseState, seconds: number): void {
    this.unwatchedSeconds.push(seconds)
  }

  lowered(_state: ReleaseState, afterMs: number): void {
    this.loweredAfterMs.push(afterMs)
  }
}

/** A cluster in memory, with all ports that activities need, and a hand on what they see. */
export class FakeCluster {
  readonly store: ObjectStore
  readonly cache: CachedView
  readonly rollouts: FakeRolloutStore
  readonly proxies: FakeProxies
  readonly metrics: FakeMetricsSource
  readonly queries = new FakeMetricQueries()
  readonly named = new FakeNamedPrometheus()
  readonly web = new FakeWebMetrics()
  readonly secrets = new FakeSecrets()
  readonly prober: FakeProber
  /** What administrators allow; tests change it. */
  readonly limits: { -readonly [L in keyof Limits]: Limits[L] } = {
    faultMaxDurationMs: 600_000,
    faultMaxPercent: 0,
  }
  readonly reporter = new FakeReporter()
  readonly ports: Ports
  readonly making: MeshMaking

  /**
   * @param now milliseconds since the epoch
   * @param scrapeMs time between scrapes of metrics, milliseconds
   */
  constructor(now: () => number = Date.now, scrapeMs = 1000) {
    this.metrics = new FakeMetricsSource(scrapeMs)
    this.store = new ObjectStore(now)
    this.cache = new CachedView(this.store)
    this.rollouts = new FakeRolloutStore(this.store, this.cache)
    this.proxies = new FakeProxies(this.store)
    this.making = fakeMaking(this.store)
    this.prober = new FakeProber(now)
    this.ports = {
      mesh: fakeMesh(this.store, this.cache),
      making: this.making,
      scope: fakeScope(this.cache),
      workloads: fakeWorkloads(this.cache),
      scaling: fakeScaling(this.store, this.cache),
      changes: fakeChanges(this.cache),
      propagation: this.proxies,
      metrics: this.metrics,
      queries: this.queries,
      named: this.named,
      web: this.web,
      prober: this.prober,
      limits: this.limits,
      templates: { spec: (ref) => this.store.read('MetricTemplate', ref)?.['spec'] },
      secrets: this.secrets,
      store: this.rollouts,
      clock: { now },
      reporter: this.reporter,
    }
  }
}
