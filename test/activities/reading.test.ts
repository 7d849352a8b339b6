import { beforeEach, describe, expect, it, vi } from 'vitest'
import { look } from '../../src/activities/observe/look.ts'
import type { Gathered, Lookout } from '../../src/activities/observe/look.ts'
import { BackgroundReader } from '../../src/activities/observe/reading.ts'
import { initialMemory } from '../../src/activities/observe/watch.ts'
import type { LabeledSeries } from '../../src/core/analysis/istio.ts'
import type { MetricSpec } from '../../src/api/v1alpha1/analysis.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import { ProviderError } from '../../src/ports.ts'
import type { CounterQuery, MetricsSource } from '../../src/ports.ts'
import { SERVICE } from '../core/shop.ts'
import { FakeMetricsSource } from '../fakes/metrics-source.ts'
import { Stage } from './stage.ts'

const NOW = Date.UTC(2026, 10, 22)
const LOOK_MS = 15_000
const LATENCY: MetricSpec = { name: 'p99', istio: 'Latency', percentile: 99, max: '500ms' }
const ERRORS: MetricSpec = { name: 'error-rate', istio: 'ErrorRate', max: '5%' }

/** A step that began a moment ago, of versions that answered for an hour, and what was asked of Prometheus. */
class Scene {
  readonly latencies: CounterQuery[] = []
  readonly requests: CounterQuery[] = []
  readonly #source: FakeMetricsSource

  /**
   * @param pods those of each version, if they have proxies of their own
   * @param scrapeMs time between scrapes, milliseconds
   */
  constructor(pods?: readonly string[], scrapeMs?: number) {
    this.#source = new FakeMetricsSource(scrapeMs)
    for (const version of ['v1', 'v2']) {
      const flow = { service: fullHost(SERVICE), version, perSecond: 50 }
      const own = pods?.map((pod) => `${version}-${pod}`)
      this.#source.flow({ ...flow, ...(own && { pods: own }) }, NOW - 3_600_000)
    }
  }

  async begin(metrics: readonly MetricSpec[]): Promise<{ lookout: Lookout; gathered: Gathered }> {
    const stage = new Stage()
    const ports = { ...stage.cluster.ports, metrics: this.#noted() }
    const begun = await stage.until('Observing', stage.start({}, { metrics }))
    const state = { ...begun, startedAt: NOW, phaseAt: NOW, countFrom: NOW }
    const lookout = { ports, state, background: new BackgroundReader(ports, state) }
    return { lookout, gathered: { ...initialMemory(state), countedTo: NOW } }
  }

  /** Questions for the hour before. */
  histories(): CounterQuery[] {
    return this.requests.filter(({ stepMs }) => stepMs !== undefined)
  }

  #noted(): MetricsSource {
    return {
      requests: async (query) => {
        this.requests.push(query)
        return this.#source.requests(query)
      },
      latencies: async (query) => {
        this.latencies.push(query)
        return this.#source.latencies(query)
      },
    }
  }
}

describe('latencies', () => {
  /** Whose latencies two looks asked for. */
  async function asked(scene: Scene, metrics: readonly MetricSpec[]): Promise<unknown[][]> {
    const { lookout, gathered } = await scene.begin(metrics)
    const sides = () => [...new Set(scene.latencies.splice(0).map(({ reporter }) => reporter))]
    const after = await look(lookout, gathered, NOW + LOOK_MS)
    const first = sides()
    await look(lookout, after, NOW + 2 * LOOK_MS)
    return [first, sides()]
  }

  it('are read of both sides until the evidence goes by one, and then of that one alone', async () => {
    const both = ['Source', 'Destination']
    expect(await asked(new Scene(['a', 'b']), [LATENCY])).toEqual([both, ['Destination']])
    expect(await asked(new Scene(), [LATENCY])).toEqual([both, ['Source']])
  })

  it('are not read for other metrics', async () => {
    expect(await asked(new Scene(['a', 'b']), [ERRORS])).toEqual([[], []])
  })
})

describe('the hour before', () => {
  let scene: Scene
  beforeEach(() => {
    scene = new Scene()
  })

  it('is read for a look that counts something, and for no other', async () => {
    const { lookout, gathered } = await scene.begin([ERRORS])
    expect(await look(lookout, gathered, NOW + 500)).toBe(gathered)
    expect(scene.histories()).toEqual([])
    const after = await look(lookout, gathered, NOW + LOOK_MS)
    expect(after.countedTo).toBe(NOW + LOOK_MS)
    expect(scene.histories().map(({ toMs }) => toMs)).toEqual([NOW, NOW])
  })

  it('is not asked for again while it is being read', async () => {
    const { lookout } = await scene.begin([ERRORS])
    const { background } = lookout
    const hours = [NOW, NOW + LOOK_MS].map(async (toMs) => background.traits({ toMs, latencies: [] }))
    const [one, other] = await Promise.all(hours)
    expect(other).toBe(one)
    expect(scene.histories().map(({ reporter }) => reporter)).toEqual(['Source', 'Destination'])
  })

  describe('once it is old', () => {
    const LATER = NOW + 240_000

    /** What is known of the hour, without asking for it. */
    const knownTo = async ({ background }: Lookout) =>
      (await background.traits({ toMs: 0, latencies: [] })).toMs

    /** A step that was looked at a while ago, and whose hour is read as `answer` says from now on. */
    async function old(answer: () => Promise<void>) {
      const { lookout, gathered } = await scene.begin([ERRORS])
      const { metrics } = lookout.ports
      let answers = async () => Promise.resolve()
      const requests: MetricsSource['requests'] = async (query) => {
        if (query.stepMs !== undefined) await answers()
        return metrics.requests(query)
      }
      const ports = { ...lookout.ports, metrics: { ...metrics, requests } }
      const observer = { ...lookout, ports, background: new BackgroundReader(ports, lookout.state) }
      const before = await look(observer, gathered, LATER - LOOK_MS)
      answers = answer
      return { lookout: observer, before }
    }

    it('is read anew, and no look waits for it', async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const { lookout, before } = await old(async () => promise)
      const after = await look(lookout, before, LATER)
      const next = await look(lookout, after, LATER + LOOK_MS)
      expect(next.countedTo).toBe(LATER + LOOK_MS)
      expect(await knownTo(lookout)).toBe(NOW)
      resolve()
      // As the first of both asked for it: its turn came at once.
      await vi.waitFor(async () => expect(await knownTo(lookout)).toBe(LATER))
      expect(scene.histories().map(({ toMs }) => toMs)).toEqual([NOW, NOW, LATER, LATER])
    })

    it('is read as it was asked for last when its turn comes late', async () => {
      const { lookout } = await old(async () => Promise.resolve())
      const { promise: turn, resolve: come } = Promise.withResolvers<void>()
      const inTurn = async (read: () => Promise<void>) => turn.then(read)
      for (const toMs of [LATER, LATER + LOOK_MS]) lookout.background.renew({ toMs, latencies: [] }, inTurn)
      come()
      await vi.waitFor(async () => expect(await knownTo(lookout)).toBe(LATER + LOOK_MS))
      expect(scene.histories()).toHaveLength(4)
    })

    it('serves on while Prometheus does not answer', async () => {
      const answer = vi.fn<() => Promise<void>>(async () => Promise.reject(new ProviderError('it is away')))
      const { lookout, before } = await old(answer)
      const after = await look(lookout, before, LATER)
      const asked = () => answer.mock.calls.length
      await vi.waitFor(() => expect(asked()).toBe(2))
      // Both sides have failed then.
      await new Promise(setImmediate)
      const next = await look(lookout, after, LATER + LOOK_MS)
      expect(asked()).toBe(2)
      const { countedTo } = await look(lookout, next, LATER + 60_000)
      await vi.waitFor(() => expect(asked()).toBe(4))
      expect(countedTo).toBe(LATER + 60_000)
      expect(await knownTo(lookout)).toBe(NOW)
    })

    it('hides no fault of ours', async () => {
      const answer = vi.fn<() => Promise<void>>(async () => Promise.reject(new TypeError('a bug')))
      const { lookout, before } = await old(answer)
      const after = await look(lookout, before, LATER)
      await vi.waitFor(async () => expect(knownTo(lookout)).rejects.toThrow('a bug'))
      await expect(look(lookout, after, LATER + LOOK_MS)).rejects.toThrow('a bug')
    })
  })
})

describe('a target that comes, is away for minutes, and returns', () => {
  const PER_SECOND = 10
  const SINCE = NOW + 90_000
  const [AWAY, BACK] = [NOW + 195_000, NOW + 705_000]

  /** A counter from a time on, scraped before Prometheus was away, and from another time on. */
  function counter(
    version: string,
    sinceMs: number,
    backMs: number,
    { fromMs, toMs }: CounterQuery,
  ): LabeledSeries {
    const scrapes = times(Math.ceil(fromMs / LOOK_MS) * LOOK_MS, toMs)
    const samples = scrapes
      .filter((at) => at >= sinceMs && (at <= AWAY || at >= backMs))
      .map((at): [number, number] => [at, ((at - sinceMs) / 1000) * PER_SECOND])
    return { instance: version, version, code: '200', samples }
  }

  /** Its hour can be read once. */
  function source(): MetricsSource {
    let hours = 0
    const requests: MetricsSource['requests'] = async (query) => {
      if (query.stepMs !== undefined && query.reporter === 'Source' && (hours += 1) > 1)
        throw new ProviderError('it cannot read so much')
      if (query.reporter === 'Destination') return []
      const all = [counter('v1', NOW - 3_600_000, BACK, query), counter('v2', SINCE, BACK + LOOK_MS, query)]
      return all.filter(({ samples }) => samples.length > 0)
    }
    return { requests, latencies: async () => [] }
  }

  it('does not bring again what it had counted before', async () => {
    const { lookout, gathered } = await new Scene().begin([ERRORS])
    const ports = { ...lookout.ports, metrics: source() }
    const background = new BackgroundReader(ports, lookout.state)
    let now = gathered
    for (const at of [...times(NOW, AWAY), ...times(BACK, BACK + 60_000)])
      now = await look({ ...lookout, ports, background }, now, at + 5_000)
    const { canary } = now.evidence.metrics[ERRORS.name]?.strands[0]?.total ?? {}
    // Before, and after; what it counted meanwhile was not seen by anybody.
    const seenMs = AWAY - SINCE + (now.countedTo - BACK - LOOK_MS)
    expect(canary).toBe((PER_SECOND * seenMs) / 1000)
  })

  function times(fromMs: number, toMs: number): number[] {
    return Array.from(
      { length: Math.floor((toMs - fromMs) / LOOK_MS) + 1 },
      (_, index) => fromMs + index * LOOK_MS,
    )
  }
})

describe('looks after a start', () => {
  it('read a few hundred at a time, and each gets its turn', async () => {
    const { lookout, gathered } = await new Scene().begin([ERRORS])
    const known = await look(lookout, gathered, NOW + LOOK_MS)
    const { metrics } = lookout.ports
    let [reading, most] = [0, 0]
    const requests: MetricsSource['requests'] = async (query) => {
      most = Math.max(most, (reading += 1))
      await new Promise(setImmediate)
      reading -= 1
      return metrics.requests(query)
    }
    const ports = { ...lookout.ports, metrics: { ...metrics, requests } }
    const looks = Array.from({ length: 600 }, async () =>
      look({ ...lookout, ports }, known, NOW + 2 * LOOK_MS),
    )
    const counted = (await Promise.all(looks)).map(({ countedTo }) => countedTo)
    expect(new Set(counted)).toEqual(new Set([NOW + 2 * LOOK_MS]))
    // Requests of both sides.
    expect(most).toBe(2 * 256)
  })

  it('wait for none that still read the hour before, once they know it', async () => {
    const { lookout, gathered } = await new Scene(undefined, LOOK_MS).begin([ERRORS])
    const known = await look(lookout, gathered, NOW + LOOK_MS)
    const { promise: slow, resolve: answer } = Promise.withResolvers<void>()
    const { metrics } = lookout.ports
    const requests: MetricsSource['requests'] = async (query) => {
      if (query.stepMs !== undefined) await slow
      return metrics.requests(query)
    }
    const ports = { ...lookout.ports, metrics: { ...metrics, requests } }
    const others = Array.from({ length: 300 }, async () => {
      const background = new BackgroundReader(ports, lookout.state)
      return look({ ...lookout, ports, background }, gathered, NOW + LOOK_MS)
    })
    const { countedTo } = await look(lookout, known, NOW + 2 * LOOK_MS)
    expect(countedTo).toBe(NOW + 2 * LOOK_MS)
    answer()
    expect(await Promise.all(others)).toHaveLength(300)
  })
})
