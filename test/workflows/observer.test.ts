import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger } from '@temporalio/worker'
import { requestsAt } from '../core/analysis/looks.ts'
import { describe, expect, it } from 'vitest'
import { actingActivities, observingActivities } from '../../src/activities/index.ts'
import type { ObservingActivities } from '../../src/activities/index.ts'
import type { ResultEvent } from '../../src/core/machine/event.ts'
import type { ReleaseState, Wanted } from '../../src/core/machine/state.ts'
import { transition } from '../../src/core/machine/transition.ts'
import { aPlan, aState, aWanted } from '../core/shop.ts'
import { REQUESTS_A_SECOND, Shop } from './kit/shop.ts'

const silent = new DefaultLogger('ERROR', () => undefined)

/** What the workflow's time-out allows between two heartbeats (milliseconds). */
const HEARTBEAT_TIMEOUT_MS = 10_000
const DAY_MS = 24 * 3_600_000
const HOLD_MS = 600_000
/** Looks are far apart, as some users like it. */
const PLAN = aPlan({
  intervalMs: 60_000,
  warmupMs: 0,
  steps: [
    { weight: 20, holdMs: HOLD_MS },
    { weight: 100, holdMs: 0 },
  ],
})

interface Beat {
  readonly at: number
  readonly details: unknown
}

/** An attempt of the observer on a shop. */
class Attempt {
  readonly beats: Beat[] = []
  readonly #environment: MockActivityEnvironment
  readonly #shop: Shop
  readonly #activities: ObservingActivities
  #isTime = () => false

  /** @param activities of the process that makes the attempt; absent: one of its own */
  constructor(shop: Shop, heartbeatDetails?: unknown, activities = observingActivities(shop.ports())) {
    this.#shop = shop
    this.#activities = activities
    this.#environment = new MockActivityEnvironment({ heartbeatDetails }, { logger: silent })
    this.#environment.on('heartbeat', (details: unknown) => {
      // As after a crash: what was not said is not known.
      this.beats.push({ at: shop.now, details: structuredClone(details) })
      this.#look()
    })
    shop.onWait = () => this.#look()
  }

  /** Observes to the end. Throws when nothing came of it within a day of the shop's time. */
  async observe(state: ReleaseState): Promise<ResultEvent> {
    const end = this.#shop.now + DAY_MS
    const isTime = this.#isTime
    this.#isTime = () => isTime() || this.#shop.now > end
    return this.#environment.run(this.#activities.observe, state)
  }

  /** The observer is cut off as soon as `isTime` says so. Gives the last that it said. */
  async cutOff(state: ReleaseState, isTime: () => boolean): Promise<unknown> {
    this.#isTime = isTime
    await expect(this.observe(state)).rejects.toThrow('WORKER_SHUTDOWN')
    return this.beats.at(-1)?.details
  }

  #look(): void {
    if (this.#isTime()) this.#environment.cancel('WORKER_SHUTDOWN')
  }
}

/** A canary that has just got the weight of its first step. */
async function raised(shop: Shop, changes: Partial<Wanted> = {}): Promise<ReleaseState> {
  const wanted = aWanted({ plan: PLAN, templateHash: shop.templateHash(), ...changes })
  const { plan, templateHash } = wanted
  const times = { phaseAt: shop.now, startedAt: shop.now }
  const before = aState('Preparing', { plan, wanted, templateHash, ...times })
  const environment = new MockActivityEnvironment()
  const ports = shop.ports()
  const prepared = transition(before, await environment.run(observingActivities(ports).prepare, before))
  return transition(prepared, await environment.run(actingActivities(ports).raise, prepared))
}

/** Requests that were counted when the step ended, and those that there were since it began. */
function countsOf(
  { countFrom = 0 }: ReleaseState,
  event: ResultEvent,
): { counted: number | undefined; real: number } {
  if (event.type !== 'Passed') throw new Error(`the step ended with ${event.type}`)
  const seconds = (event.countedTo - countFrom) / 1000
  return { counted: requestsAt(event.evidence), real: REQUESTS_A_SECOND * seconds }
}

describe('an observer', () => {
  it('is heard of often enough, however far apart its looks are', async () => {
    const shop = new Shop()
    const state = await raised(shop)
    const attempt = new Attempt(shop)
    expect(await attempt.observe(state)).toMatchObject({ type: 'Passed' })
    const times = [...attempt.beats.map(({ at }) => at), shop.now]
    const gaps = times.map((at, index) => at - (times[index - 1] ?? state.phaseAt))
    expect(times).not.toHaveLength(1)
    expect(Math.max(...gaps)).toBeLessThan(HEARTBEAT_TIMEOUT_MS / 2)
  })

  it('goes on from what the one before it knew, and counts no request twice', async () => {
    const shop = new Shop()
    const state = await raised(shop)
    const known = await new Attempt(shop).cutOff(state, () => shop.now - state.phaseAt > 150_000)
    const { counted, real } = countsOf(state, await new Attempt(shop, known).observe(state))
    expect(counted).toBe(real)
    expect(real).toBeGreaterThanOrEqual((REQUESTS_A_SECOND * HOLD_MS) / 1000)
  })

  it('tells as unwatched what a dead process did not watch, and not what its own process did', async () => {
    const shop = new Shop()
    const state = await raised(shop)
    const activities = observingActivities(shop.ports())
    const first = new Attempt(shop, undefined, activities)
    await first.cutOff(state, () => shop.now - state.phaseAt > 300_000)
    // What it said later was lost, as when Temporal is away.
    const heard = first.beats.find(({ at }) => at - state.phaseAt > 90_000)?.details
    const told = () => shop.events.filter(({ reason }) => reason === 'Unwatched').length
    await new Attempt(shop, heard, activities).observe(state)
    expect(told()).toBe(0)
    await new Attempt(shop, heard).observe(state)
    expect(told()).toBe(1)
  })

  it('lowers at once a canary of which the one before it knew that it failed', async () => {
    const shop = new Shop()
    const state = await raised(shop)
    shop.errors = 0.2
    shop.isReadOnly = true
    const known = await new Attempt(shop).cutOff(state, () => shop.refusedWrites > 1)
    shop.isReadOnly = false
    shop.isPrometheusAway = true
    const before = shop.now
    expect(await new Attempt(shop, known).observe(state)).toMatchObject({
      type: 'Failed',
      reason: 'MetricFailed',
    })
    expect(shop.weights()['v2'] ?? 0).toBe(0)
    expect(shop.now).toBe(before)
  })

  it('finds out again why the one before it took the weight, when nobody heard of it', async () => {
    const shop = new Shop()
    const state = await raised(shop)
    const first = new Attempt(shop)
    shop.errors = 0.2
    expect(await first.observe(state)).toMatchObject({ type: 'Failed', reason: 'MetricFailed' })
    expect(shop.weights()['v2'] ?? 0).toBe(0)
    // What it said was lost, and so was its answer, as when Temporal is away.
    shop.now += HEARTBEAT_TIMEOUT_MS
    const again = await new Attempt(shop, first.beats[0]?.details).observe(state)
    expect(again).toMatchObject({ type: 'Failed', reason: 'MetricFailed' })
  })

  it('waits for the workflow to hear that the Rollout was resumed', async () => {
    const shop = new Shop()
    const state = await raised(shop, { paused: true })
    shop.now += HOLD_MS
    const before = shop.now
    expect(await new Attempt(shop).observe(state)).toMatchObject({ type: 'Passed' })
    expect(shop.now - before).toBeGreaterThanOrEqual(PLAN.intervalMs)
  })

  it('does not pass while the Rollout is paused, but fails', async () => {
    const shop = new Shop()
    const state = await raised(shop)
    shop.setPaused(true)
    const known = await new Attempt(shop).cutOff(state, () => shop.now - state.phaseAt > 3 * HOLD_MS)
    shop.errors = 0.5
    expect(await new Attempt(shop, known).observe(state)).toMatchObject({ type: 'Failed' })
  })

  it('begins anew by itself long before its history is full, and forgets nothing', async () => {
    const shop = new Shop()
    const state = await raised(shop)
    shop.setPaused(true)
    shop.haste = 60
    const event = await new Attempt(shop).observe(state)
    expect(event).toMatchObject({ type: 'Renewed' })
    shop.haste = 1
    const again = transition(state, event)
    expect(again).toMatchObject({ phase: 'Observing', stepStartedAt: state.stepStartedAt })
    shop.setPaused(false)
    const { counted, real } = countsOf(state, await new Attempt(shop).observe(again))
    expect(counted).toBe(real)
  })

  it('holds while Prometheus is away, and guards', async () => {
    const shop = new Shop()
    const state = await raised(shop)
    shop.isPrometheusAway = true
    const known = await new Attempt(shop).cutOff(state, () => shop.now - state.phaseAt > 2 * HOLD_MS)
    shop.pods['v2'] = 0
    expect(await new Attempt(shop, known).observe(state)).toMatchObject({ type: 'CanaryLost' })
    expect(shop.weights()['v2'] ?? 0).toBe(0)
  })

  it('asks the API server about a stranger no more than once a second', async () => {
    const shop = new Shop()
    const state = await raised(shop)
    shop.moveWeights(90)
    const drifted = await new Attempt(shop).observe(state)
    expect(drifted.type).toBe('Drifted')
    const again = transition(state, drifted)
    const repaired = transition(
      again,
      await new MockActivityEnvironment().run(actingActivities(shop.ports()).raise, again),
    )
    expect(shop.weights()['v2']).toBe(20)
    shop.moveWeights(90)
    const [before, readsBefore] = [shop.now, shop.freshReads]
    expect((await new Attempt(shop).observe(repaired)).type).toBe('Drifted')
    const seconds = (shop.now - before) / 1000
    expect((shop.freshReads - readsBefore) / seconds).toBeLessThan(5)
  })
})
