import { MockActivityEnvironment } from '@temporalio/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../../src/activities/perform.ts'
import { Watch } from '../../../src/activities/observe/watch.ts'
import type { Plan } from '../../../src/core/plan.ts'
import { fullHost } from '../../../src/core/traffic/hosts.ts'
import { SERVICE, START, aPlan, aState } from '../../core/shop.ts'
import { FakeCluster } from '../../fakes/cluster.ts'
import { FakeShop } from '../../fakes/shop.ts'

/** A step of ten seconds with a look every fifteen, so that its end is seen at 15 s. */
const SECOND = 1000
const PLAN = aPlan({
  steps: [25, 100].map((weight) => ({ weight, holdMs: 10 * SECOND })),
  intervalMs: 15 * SECOND,
  warmupMs: 0,
})

let now: number
let cluster: FakeCluster
let shop: FakeShop
let watch: Watch

beforeEach(() => {
  now = START
  cluster = new FakeCluster(() => now)
  shop = new FakeShop(cluster)
  shop.run('v1', 4)
  shop.run('v2', 1)
  cluster.metrics.flow({ service: fullHost(SERVICE), version: 'v2', perSecond: 200 }, START)
})

function watchStep(changes: Partial<Plan>): void {
  const plan = { ...PLAN, ...changes }
  const state = aState('Observing', { plan, step: 0, stepStartedAt: START, phaseAt: START, countFrom: START })
  watch = new Watch(cluster.ports, state, undefined)
}

/** Looks at a time after the start of the step (milliseconds). */
async function lookAt(afterMs: number): Promise<Outcome | undefined> {
  now = START + afterMs
  return new MockActivityEnvironment().run(async () => watch.look())
}

/** Pods of the canary become ready, as many as its Deployment asks for. */
function bringPods(): void {
  for (const index of [1, 2, 3])
    cluster.store.create({
      kind: 'Pod',
      metadata: { namespace: 'shop', name: `reviews-v2-${index}`, labels: { app: 'reviews', version: 'v2' } },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    })
}

describe('a step whose next weight needs more pods', () => {
  it('asks for them when it is over, not before, and tells what it waits for', async () => {
    watchStep({})
    await lookAt(5 * SECOND)
    expect(shop.replicas('v2')).toBe(1)
    expect(shop.status.message).toMatch(/; 100 % in 5s$/)
    expect(await lookAt(36 * SECOND)).toBeUndefined()
    expect(shop.replicas('v2')).toBe(4)
    expect(shop.status.message).toMatch(/; 100 % waits for 1 of 4 ready pods of v2$/)
  })

  it('is over as soon as they are ready, whenever the next look is due', async () => {
    watchStep({})
    await lookAt(15 * SECOND)
    expect(await lookAt(16 * SECOND)).toBeUndefined()
    bringPods()
    expect((await lookAt(17 * SECOND))?.event.type).toBe('Passed')
  })

  it('tells at once what the user must bring, with capacity: Manual, and waits for it without end', async () => {
    watchStep({ capacity: 'Manual' })
    await lookAt(5 * SECOND)
    const need = 'waits for 1 of 4 ready pods of v2; scale it up, spec.capacity is Manual'
    expect(shop.status.message).toContain(need)
    expect(await lookAt(3600 * SECOND)).toBeUndefined()
    expect(shop.replicas('v2')).toBe(1)
  })

  it('waits as before in a release that began before there was a choice', async () => {
    const { capacity: _none, ...plan } = PLAN
    const state = aState('Observing', {
      plan,
      step: 0,
      stepStartedAt: START,
      phaseAt: START,
      countFrom: START,
    })
    watch = new Watch(cluster.ports, state, undefined)
    await lookAt(5 * SECOND)
    expect(shop.status.message).toMatch(/; 100 % waits for 1 of 4 ready pods of v2$/)
    expect(await lookAt(36 * SECOND)).toBeUndefined()
    expect(shop.replicas('v2')).toBe(1)
  })
})
