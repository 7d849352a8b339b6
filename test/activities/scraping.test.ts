import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/activities/perform.ts'
import { check } from '../../src/activities/preflight.ts'
import { Watch } from '../../src/activities/observe/watch.ts'
import type { Plan } from '../../src/core/plan.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import {
  SERVICE,
  START,
  aDestinationRule,
  aPlan,
  aState,
  aSubset,
  aVirtualService,
  to,
} from '../core/shop.ts'
import { FakeCluster } from '../fakes/cluster.ts'
import { FakeShop } from '../fakes/shop.ts'

const SECOND = 1000
const PLAN = aPlan({
  steps: [5, 100].map((weight) => ({ weight, holdMs: 300 * SECOND })),
  intervalMs: 5 * SECOND,
  warmupMs: 0,
})

/** A shop whose v2 answers 200 requests a second since an hour before the step, scraped so many seconds apart. */
class Scene {
  readonly cluster: FakeCluster
  readonly watch: Watch
  #now = START

  constructor(scrapeSeconds: number, errors = 0, plan: Plan = PLAN) {
    this.cluster = new FakeCluster(() => this.#now, scrapeSeconds * SECOND)
    const shop = new FakeShop(this.cluster)
    shop.run('v1', 4)
    shop.run('v2', 4)
    const { spec } = aVirtualService([to('v1', 95), to('v2', 5)])
    const subsets = aDestinationRule([aSubset('v1'), aSubset('v2')]).spec
    this.cluster.store.change('VirtualService', SERVICE, (object) => ({ ...object, spec }))
    this.cluster.store.change('DestinationRule', SERVICE, (object) => ({ ...object, spec: subsets }))
    const flow = { service: fullHost(SERVICE), version: 'v2', perSecond: 200, errors }
    this.cluster.metrics.flow(flow, START - 3_600_000)
    const state = aState('Observing', {
      plan,
      step: 0,
      startedAt: START - 60 * SECOND,
      stepStartedAt: START,
      phaseAt: START,
      countFrom: START,
    })
    this.watch = new Watch(this.cluster.ports, state, undefined)
  }

  /** Looks every five seconds until something follows, for so many seconds at most. */
  async until(seconds: number): Promise<Outcome | undefined> {
    for (; this.#now <= START + seconds * SECOND; this.#now += 5 * SECOND) {
      const environment = new MockActivityEnvironment()
      const outcome: Outcome | undefined = await environment.run(async () => this.watch.look())
      if (outcome) return outcome
    }
    return undefined
  }

  get verdicts(): Set<string | undefined> {
    return new Set(this.cluster.reporter.judgements.map(({ verdict }) => verdict))
  }
}

describe('scrapes that are further apart than looks', () => {
  it('are each counted once, and looks between them change nothing', async () => {
    const scene = new Scene(60)
    const passed = await scene.until(700)
    expect(passed?.event.type).toBe('Passed')
    // Six scrapes: the first one brings what came since the one before.
    expect(passed?.verdicts?.[0]?.evidence).toContain('0 of 72,000 requests')
    expect(scene.verdicts).not.toContain('ProviderError')
    expect(scene.cluster.reporter.unwatchedSeconds).toEqual([])
  })

  it('show a bad canary all the same', async () => {
    expect((await new Scene(60, 0.5).until(300))?.event).toMatchObject({ type: 'Failed' })
  })

  it('by so much that a target could not be told from a new one are refused as a measure', async () => {
    const scene = new Scene(200, 0.5)
    expect(await scene.until(900)).toBeUndefined()
    const last = scene.cluster.reporter.judgements.at(-1)
    expect(last?.verdict).toBe('ProviderError')
    expect(last?.metrics[0]?.evidence).toBe(
      'it scrapes the proxies every 3m20s, and 2m30s is the longest time that can be judged by; set a shorter scrape_interval',
    )
    expect(scene.verdicts).not.toContain('Fail')
  })
})

describe('a pod that was out of sight for longer than looks reach back', () => {
  it('brings nothing twice when it returns', async () => {
    const scene = new Scene(15, 0, aPlan({ ...PLAN, steps: [{ weight: 5, holdMs: 3_600_000 }] }))
    const flow = { service: fullHost(SERVICE), version: 'v2', perSecond: 200, pods: ['v2-a', 'v2-b'] }
    scene.cluster.metrics.flow(flow, START - 3_600_000)
    const requests = scene.cluster.metrics.requests.bind(scene.cluster.metrics)
    scene.cluster.metrics.requests = async (query) => {
      const isHidden = (at: number) => at > START + 60 * SECOND && at < START + 600 * SECOND
      return (await requests(query)).map((series) =>
        series.instance === 'fake/v2-a'
          ? { ...series, samples: series.samples.filter(([at]) => !isHidden(at)) }
          : series,
      )
    }
    await scene.until(900)
    const { evidence, countedTo } = scene.watch.memory
    const seconds = (countedTo - START) / SECOND
    const [, pods] = evidence.metrics['error-rate']?.strands ?? []
    expect(pods?.reporter).toBe('Destination')
    // Each has half of the requests; those that a could not tell of are lost.
    expect(pods?.total.canary).toBeLessThanOrEqual(100 * seconds + 100 * (seconds - 500))
    expect(pods?.total.canary).toBeGreaterThan(100 * seconds)
  })
})

it('what is coarser than what was asked for is told before the first step', async () => {
  const cluster = new FakeCluster(() => START, 60 * SECOND)
  const shop = new FakeShop(cluster)
  shop.run('v1', 2)
  shop.run('v2', 2)
  const flow = { service: fullHost(SERVICE), version: 'v1', perSecond: 20 }
  cluster.metrics.flow(flow, START - 3_600_000)
  const latencies = cluster.metrics.latencies.bind(cluster.metrics)
  cluster.metrics.latencies = async (query) => {
    const found = await latencies(query)
    return found.map((series) => ({ ...series, growth: 2 }))
  }
  const metrics = [{ name: 'p99', istio: 'Latency', percentile: 99, max: '400ms' } as const]
  const state = aState('Preflight', { plan: aPlan({ intervalMs: 15 * SECOND, metrics }) })
  const { event }: Outcome = await new MockActivityEnvironment().run(async () => check(cluster.ports, state))
  expect(event.type).toBe('Cleared')
  const told = cluster.rollouts.events.filter((one) => one.event.reason === 'MetricsCoarse')
  expect(told.map((one) => one.event.message.slice(0, 40))).toEqual([
    'spec.analysis.interval: 15s is shorter t',
    'spec.analysis.metrics[0].max: the native',
  ])
})
