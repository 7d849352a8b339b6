import { MockActivityEnvironment } from '@temporalio/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Watch } from '../../src/activities/observe/watch.ts'
import type { Memory } from '../../src/activities/observe/watch.ts'
import type { Outcome } from '../../src/activities/perform.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import { cases } from '../core/property.ts'
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

/** What becomes of an observer in the time between two looks, and at the second one. */
interface Moment {
  readonly seconds: number
  /** It crashed: the next one knows what so many heartbeats before the last one carried. */
  readonly crashed: number | undefined
  readonly isPrometheusAway: boolean
}

const SECOND = 1000
const PER_SECOND = 20
/** Looks end where something was scraped. */
const SCRAPE_MS = 5 * SECOND
const lastScrape = (ms: number) => Math.floor(ms / SCRAPE_MS) * SCRAPE_MS
const STEP = { weight: 5, holdMs: 3600 * SECOND }
const METRICS = [
  { name: 'error-rate', istio: 'ErrorRate', max: '50%' } as const,
  { name: 'p99', istio: 'Latency', percentile: 50, max: '100ms' } as const,
]
const STATE = aState('Observing', {
  plan: aPlan({
    steps: [STEP, { weight: 100, holdMs: 0 }],
    intervalMs: SECOND,
    warmupMs: 0,
    metrics: METRICS,
  }),
  step: 0,
  startedAt: START - 600 * SECOND,
  stepStartedAt: START,
  phaseAt: START,
  countFrom: START,
})

/** An observer of a canary that answers steadily, a tenth with errors, and a tenth slowly. */
class Story {
  readonly cluster: FakeCluster
  #now = START
  #watch: Watch
  /** As heartbeats carry it; nothing before the first. */
  readonly #heartbeats: (Memory | undefined)[] = [undefined]

  constructor() {
    this.cluster = new FakeCluster(() => this.#now, SCRAPE_MS)
    const shop = new FakeShop(this.cluster)
    shop.run('v1', 4)
    shop.run('v2', 4)
    const { spec } = aVirtualService([to('v1', 95), to('v2', 5)])
    const subsets = aDestinationRule([aSubset('v1'), aSubset('v2')]).spec
    this.cluster.store.change('VirtualService', SERVICE, (object) => ({ ...object, spec }))
    this.cluster.store.change('DestinationRule', SERVICE, (object) => ({ ...object, spec: subsets }))
    for (const version of ['v1', 'v2']) {
      const flow = { service: fullHost(SERVICE), version, perSecond: PER_SECOND, errors: 0.1, slow: 0.1 }
      this.cluster.metrics.flow(flow, START - 600 * SECOND)
    }
    this.#watch = new Watch(this.cluster.ports, STATE, undefined)
  }

  async live({ seconds, crashed, isPrometheusAway }: Moment): Promise<void> {
    this.#now += seconds * SECOND
    this.cluster.metrics.fail(isPrometheusAway ? 'it is away' : undefined)
    if (crashed !== undefined) await this.#beginAnew(crashed)
    const outcome = await this.#run(async () => this.#watch.look())
    expect(outcome).toBeUndefined()
    this.#heartbeats.push(JSON.parse(JSON.stringify(this.#watch.memory)) as Memory)
  }

  async #beginAnew(heartbeatsAgo: number): Promise<void> {
    const recalled = this.#heartbeats.at(-1 - heartbeatsAgo) ?? this.#heartbeats[0]
    this.#watch = new Watch(this.cluster.ports, STATE, recalled)
    expect(await this.#run(async () => this.#watch.begin())).toBeUndefined()
  }

  async #run(act: () => Promise<Outcome | undefined>): Promise<Outcome | undefined> {
    const outcome: Outcome | undefined = await new MockActivityEnvironment().run(act)
    return outcome
  }

  get memory(): Memory {
    return this.#watch.memory
  }

  /** Requests of the canary by metric, as all looks together counted them. */
  get counted() {
    const { metrics } = this.memory.evidence
    return Object.values(metrics).flatMap(({ strands }) =>
      strands.map(({ total, bad }) => ({ total: total.canary, bad: bad.canary[0] })),
    )
  }
}

const moment: fc.Arbitrary<Moment> = fc.record({
  seconds: fc.integer({ min: 1, max: 40 }),
  crashed: fc.option(fc.nat({ max: 3 }), { nil: undefined, freq: 2 }),
  isPrometheusAway: fc.boolean(),
})

describe('a crash between any two looks', () => {
  it('loses and doubles no request, whichever heartbeat was the last to arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 12 }), async (moments) => {
        const story = new Story()
        for (const one of moments) await story.live(one)
        await story.live({ seconds: 10, crashed: undefined, isPrometheusAway: false })
        const { countedTo } = story.memory
        const lasted = moments.reduce((sum, one) => sum + one.seconds, 10)
        expect(countedTo).toBe(lastScrape(START + lasted * SECOND))
        // The first scrape of the step brings what came since the one before.
        const seconds = (countedTo - lastScrape(START)) / SECOND
        const expected = { total: seconds * PER_SECOND, bad: (seconds * PER_SECOND) / 10 }
        expect(story.counted).toEqual([expected, expected])
      }),
      cases(60),
    )
  })

  it('leaves the evidence as it would have been, if the last heartbeat arrived', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 12 }), async (moments) => {
        const [crashing, steady] = [new Story(), new Story()]
        for (const one of moments) {
          await crashing.live({ ...one, crashed: one.crashed === undefined ? undefined : 0 })
          await steady.live({ ...one, crashed: undefined })
        }
        const { metrics, peak } = crashing.memory.evidence
        expect({ metrics, peak }).toEqual({
          metrics: steady.memory.evidence.metrics,
          peak: steady.memory.evidence.peak,
        })
      }),
      cases(30),
    )
  })
})
