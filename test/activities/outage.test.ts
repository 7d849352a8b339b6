import { MockActivityEnvironment } from '@temporalio/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Outcome } from '../../src/activities/perform.ts'
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

/** Metrics are scraped every second, and 200 requests a second answered; the step holds for ten seconds. */
const SECOND = 1000
const PLAN = aPlan({
  steps: [5, 100].map((weight) => ({ weight, holdMs: 10 * SECOND })),
  intervalMs: SECOND,
  warmupMs: 0,
})

let now: number
let cluster: FakeCluster
let watch: Watch

beforeEach(() => {
  now = START
  cluster = new FakeCluster(() => now)
  const shop = new FakeShop(cluster)
  shop.run('v1', 4)
  shop.run('v2', 4)
  const reviews = { namespace: 'shop', name: 'reviews' }
  const { spec } = aVirtualService([to('v1', 95), to('v2', 5)])
  cluster.store.change('VirtualService', reviews, (object) => ({ ...object, spec }))
  const subsets = aDestinationRule([aSubset('v1'), aSubset('v2')]).spec
  cluster.store.change('DestinationRule', reviews, (object) => ({ ...object, spec: subsets }))
  const flow = { service: fullHost(SERVICE), version: 'v2', perSecond: 200 }
  cluster.metrics.flow(flow, START)
  watchStep(PLAN)
})

function watchStep(plan: Plan): void {
  const state = aState('Observing', { plan, step: 0, stepStartedAt: START, phaseAt: START, countFrom: START })
  watch = new Watch(cluster.ports, state, undefined)
}

/** Looks at a time after the start of the step (milliseconds). */
async function lookAt(afterMs: number): Promise<Outcome | undefined> {
  now = START + afterMs
  return new MockActivityEnvironment().run(async () => watch.look())
}

function lastVerdict(): string | undefined {
  return cluster.reporter.judgements.at(-1)?.verdict
}

describe('an outage of Prometheus', () => {
  it('over which the hold ends: the step passes when what was answered meanwhile is counted', async () => {
    expect(await lookAt(4000)).toBeUndefined()
    expect(lastVerdict()).toBe('Pass')
    cluster.metrics.gap(START + 4000, START + 12_000)
    cluster.metrics.fail('ECONNREFUSED')
    expect(await lookAt(10_500)).toBeUndefined()
    expect(lastVerdict()).toBe('ProviderError')

    cluster.metrics.fail(undefined)
    expect(await lookAt(11_600), 'it answers again, but nothing was scraped since').toBeUndefined()
    expect(lastVerdict()).toBe('ProviderError')

    const passed = await lookAt(12_700)
    expect(passed?.event.type).toBe('Passed')
    expect(passed?.verdicts?.[0]?.evidence).toContain('0 of 2,400 requests')
  })
})

describe('the end of a hold', () => {
  it('is not passed before all that it held was counted', async () => {
    cluster.metrics.gap(START + 9000, START + 11_000)
    expect(await lookAt(10_100)).toBeUndefined()
    expect(lastVerdict()).toBe('Pass')
    expect((await lookAt(11_100))?.event.type).toBe('Passed')
  })

  it('between two looks far apart is passed with the next scrape', async () => {
    watchStep({ ...PLAN, intervalMs: 60 * SECOND })
    cluster.metrics.gap(START + 9000, START + 11_000)
    expect(await lookAt(10_100)).toBeUndefined()
    expect((await lookAt(11_100))?.event.type).toBe('Passed')
  })
})

describe('an outage of Prometheus', () => {
  it('in which it answers nothing at all keeps the guard waiting for no longer than 5 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      cluster.metrics.requests = async () => new Promise(() => undefined)
      const looking = lookAt(SECOND)
      await vi.advanceTimersByTimeAsync(5000)
      expect(await looking).toBeUndefined()
      expect(lastVerdict()).toBe('ProviderError')
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not use up the patience of a step that has too little evidence', async () => {
    const whisper = { service: fullHost(SERVICE), version: 'v2', perSecond: 1 }
    cluster.metrics.flow(whisper, START)
    watchStep({ ...PLAN, patienceMs: 5 * SECOND, onPatience: 'Rollback' })
    for (const second of [1, 5, 10, 12]) expect(await lookAt(second * SECOND)).toBeUndefined()
    cluster.metrics.fail('it is away')
    for (const second of [13, 20, 30, 40]) expect(await lookAt(second * SECOND)).toBeUndefined()
    cluster.metrics.fail(undefined)
    // Two seconds were used before it.
    for (const second of [41, 42, 43]) expect(await lookAt(second * SECOND)).toBeUndefined()
    const outcomes = [await lookAt(44 * SECOND), await lookAt(45 * SECOND)]
    expect(outcomes.find((outcome) => outcome !== undefined)?.event).toMatchObject({
      type: 'Failed',
      reason: 'PatienceExceeded',
    })
  })
})
