import { requestsAt } from '../core/analysis/looks.ts'
import { Context } from '@temporalio/activity'
import { expect, inject, it } from 'vitest'
import { actingActivities, observingActivities } from '../../src/activities/index.ts'
import type { Action } from '../../src/activities/index.ts'
import { createWorkers } from '../../src/adapters/temporal/workers.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { Ports } from '../../src/ports.ts'
import { ROLLOUT, aPlan } from '../core/shop.ts'
import type { Release } from './kit/release.ts'
import { SUGGEST_CONTINUE_AT } from './kit/server.ts'
import { REQUESTS_A_SECOND, Shop } from './kit/shop.ts'
import { Stage } from './kit/stage.ts'

const LOOKS = 10_000
const INTERVAL_MS = 5_000
/** A pass that finds the weights moved does not look. */
const HOLD_MS = LOOKS * 1.02 * INTERVAL_MS
const PLAN = aPlan({
  intervalMs: INTERVAL_MS,
  warmupMs: 0,
  steps: [
    { weight: 5, holdMs: HOLD_MS },
    { weight: 100, holdMs: 0 },
  ],
  retireAfterMs: 0,
})
/** Looks between two moves of a stranger: longer than those who come back are left alone. */
const DRIFT_EVERY = 160
/** Looks between two changes of the Rollout. */
const CHANGE_EVERY = 50
/** Those of the task under way come on top. */
const MOST_EVENTS = SUGGEST_CONTINUE_AT + 50

/** What an action was given. */
interface Given {
  readonly runId: string
  readonly state: ReleaseState
}

/** A shop with a stranger who moves weights, and a user who changes the Rollout, all the while. */
class RestlessShop {
  readonly shop = new Shop()
  readonly given: Given[] = []
  looks = 0
  drifts = 0
  changes = 0
  #release: Release | undefined

  constructor() {
    // Each pass of an observer is a look.
    this.shop.haste = INTERVAL_MS / 1_000
  }

  async stage(): Promise<Stage> {
    const stage = await Stage.open(inject('temporal'))
    const ports = this.#ports()
    await stage.work(async ({ connection, namespace, bundle }) =>
      createWorkers(connection, namespace, {
        bundle,
        acting: this.#noted({ ...actingActivities(ports) }),
        observing: this.#noted({ ...observingActivities(ports) }),
      }),
    )
    return stage
  }

  /** Carries a release out, from its first action to its end. */
  async play(release: Release): Promise<ReleaseState> {
    this.#release = release
    await release.want()
    return release.ended()
  }

  /** What the observers of a step were given, in order. */
  observers(step: number): ReleaseState[] {
    const states = this.given.map(({ state }) => state)
    return states.filter((state) => state.phase === 'Observing' && state.step === step)
  }

  /** Lengths of the histories of all executions. */
  async historyLengths(release: Release): Promise<number[]> {
    const runs = new Set(this.given.map(({ runId }) => runId))
    return Promise.all([...runs].map(async (id) => (await release.handle(id).describe()).historyLength))
  }

  #ports(): Ports {
    const ports = this.shop.ports()
    return {
      ...ports,
      metrics: {
        ...ports.metrics,
        requests: async (query) => {
          // A look reads what callers count and what pods do; now and then the hour before is read as well.
          if (query.reporter !== 'Destination' && query.stepMs === undefined) this.looks++
          return ports.metrics.requests(query)
        },
      },
      changes: {
        next: async (...asked) => {
          await this.#meddle()
          return ports.changes.next(...asked)
        },
      },
    }
  }

  async #meddle(): Promise<void> {
    if (this.looks % DRIFT_EVERY === 0 && this.looks / DRIFT_EVERY > this.drifts) {
      this.drifts++
      this.shop.moveWeights(90)
    }
    if (this.looks / CHANGE_EVERY >= this.changes + 1) await this.#change(++this.changes)
  }

  /** Every other change begins or ends a pause, of which none is left in the end. */
  async #change(nth: number): Promise<void> {
    const paused = nth % 4 === 1 && this.looks < LOOKS * 0.9
    this.shop.setPaused(paused)
    await this.#release?.want({ paused, plan: { ...PLAN, generation: nth + 1 } })
  }

  #noted<T extends Readonly<Record<string, Action>>>(actions: T): T {
    const noted = Object.entries(actions).map(([name, action]): [string, Action] => [
      name,
      async (state) => {
        this.given.push({ runId: Context.current().info.workflowExecution?.runId ?? '', state })
        return action(state)
      },
    ])
    return Object.fromEntries(noted) as T
  }
}

function requestsIn(state: ReleaseState | undefined): number {
  return requestsAt(state?.evidence) ?? 0
}

/** Never less than before. */
function isRising(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => number >= (numbers[index - 1] ?? number))
}

/** Much happens in them: they take a while. */
const LONG = { timeout: 300_000 }

it(
  'a release of 10,000 looks, pauses and repairs is carried on again and again, and loses nothing',
  LONG,
  async (context) => {
    const world = new RestlessShop()
    const stage = await world.stage()
    context.onTestFinished(async () => stage.close())
    const release = stage.release({ plan: PLAN, templateHash: world.shop.templateHash() }, ROLLOUT)
    const end = await world.play(release)
    expect(end.ended?.result).toBe('Promoted')
    expect(world.looks).toBeGreaterThanOrEqual(LOOKS)

    const lengths = await world.historyLengths(release)
    const total = lengths.reduce((sum, length) => sum + length, 0)
    const what = `${world.looks} looks, ${world.drifts} repairs, ${world.changes} changes`
    console.log(`${what}: ${total} events in ${lengths.length} executions of at most ${Math.max(...lengths)}`)
    expect(lengths.length).toBeGreaterThan(5)
    expect(Math.max(...lengths)).toBeLessThan(MOST_EVENTS)

    // One hold, whole and once, from the first raise to the second.
    const observers = world.observers(0)
    const [second] = world.observers(1)
    const { stepStartedAt = 0 } = observers[0] ?? {}
    expect(new Set(observers.map((state) => state.stepStartedAt))).toEqual(new Set([stepStartedAt]))
    expect(observers).toHaveLength(world.drifts + 1)
    const tookMs = (second?.stepStartedAt ?? 0) - stepStartedAt
    expect(tookMs).toBeGreaterThanOrEqual(HOLD_MS)
    expect(tookMs).toBeLessThanOrEqual(HOLD_MS + 2 * INTERVAL_MS)

    // Only requests at a stranger's weights are left out.
    expect(isRising(observers.map(requestsIn))).toBe(true)
    const expected = (REQUESTS_A_SECOND * (HOLD_MS - (world.drifts + 1) * INTERVAL_MS)) / 1_000
    expect(requestsIn(second)).toBeGreaterThanOrEqual(expected)

    // What was wanted is heard in order, to the last; no action has the sequence of an earlier one.
    expect(isRising(world.given.map(({ state }) => state.wanted.plan.generation))).toBe(true)
    expect(isRising(world.given.map(({ state }) => state.seq))).toBe(true)
    expect(end.wanted).toEqual(release.wanted)
  },
)
