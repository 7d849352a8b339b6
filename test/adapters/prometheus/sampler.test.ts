import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prometheusClient } from '../../../src/adapters/prometheus/source.ts'
import { increase } from '../../../src/core/analysis/counters.ts'
import type { LabeledSeries } from '../../../src/core/analysis/istio.ts'
import { ProviderError } from '../../../src/ports.ts'
import type { MetricsSource } from '../../../src/ports.ts'
import { PrometheusServer, counter } from './server.ts'

const NOW = Date.now()
const BACK_MS = 300_000

let server: PrometheusServer
let source: MetricsSource

beforeEach(async () => {
  server = new PrometheusServer()
  source = prometheusClient({ url: await server.start() })
})
afterEach(async () => server.stop())

const service = (index: number) => `service-${index}.shop.svc.cluster.local`
const services = (count: number) => Array.from({ length: count }, (_, index) => service(index))
/** A counter that rises by 1 each second for the whole look-back. */
const rising = (name: string, labels: Readonly<Record<string, string>> = {}, until = NOW) =>
  counter(
    { destination_service: name, ...labels },
    until - BACK_MS,
    Array.from({ length: BACK_MS / 1000 + 1 }, (_, index) => index),
  )
const look = async (name: string, toMs = NOW, fromMs = toMs - BACK_MS) =>
  source.requests({ service: name, fromMs, toMs })
const rangeOf = (query = '') => Number(/\[(\d+)s\]$/.exec(query)?.[1])
const timesOf = (series: readonly LabeledSeries[]) => series.map(({ samples }) => samples.map(([at]) => at))

describe('questions at the same time', () => {
  it('are one query, and each is answered with its own service and time', async () => {
    server.series = services(3).map((name, index) => rising(name, { response_code: `20${index}` }))
    const [first, second, third] = await Promise.all([
      look(service(0)),
      look(service(1), NOW, NOW - BACK_MS / 2),
      look(service(2), NOW - 1000),
    ])
    expect(server.asked).toHaveLength(1)
    expect(first).toMatchObject([{ code: '200' }])
    expect(first[0]?.samples).toHaveLength(301)
    expect(second.map(({ code }) => code)).toEqual(['201'])
    expect(second[0]?.samples).toHaveLength(151)
    expect(third[0]?.samples.at(-1)?.[0]).toBe(NOW - 1000)
  })

  it('for requests and latencies, of callers and pods, are a query each', async () => {
    const asks = services(20).flatMap((name) =>
      (['Source', 'Destination'] as const).flatMap((reporter) => {
        const query = { service: name, fromMs: NOW - BACK_MS, toMs: NOW, reporter }
        return [source.requests(query), source.latencies(query)]
      }),
    )
    await Promise.all(asks)
    expect(server.asked).toHaveLength(4)
  })

  it('while one is under way wait for the next: no answer is older than its question', async () => {
    const answers: (() => void)[] = []
    server.answer = (response, asked) => answers.push(() => server.succeed(response, asked))
    const before = look(service(0))
    await expect.poll(() => answers.length).toBe(1)
    const meanwhile = [look(service(1)), look(service(0))]
    // What comes into Prometheus after the second question was asked is in its answer.
    server.series = [rising(service(0)), rising(service(1))]
    answers.shift()?.()
    await before
    await expect.poll(() => answers.length).toBeGreaterThan(0)
    server.answer = undefined
    for (const answer of answers) answer()
    const [other, same] = await Promise.all(meanwhile)
    expect(other?.[0]?.samples).toHaveLength(301)
    expect(same?.[0]?.samples).toHaveLength(301)
  })

  it('about very many services are few queries, none longer than others take', async () => {
    await Promise.all(services(1000).map(async (name) => look(name)))
    expect(server.asked.length).toBeLessThanOrEqual(8)
    expect(Math.max(...server.selectors.map(({ length }) => length))).toBeLessThan(16_384)
  })

  it('cannot be told apart from a service whose name means something to a query', async () => {
    server.series = [rising('a.b'), rising('axb'), rising('x"|.+')]
    const found = await Promise.all([look('a.b'), look('.*'), look('x"|.+'), look('a\\b\n')])
    expect(found.map(({ length }) => length)).toEqual([1, 0, 1, 0])
  })
})

describe('a service that was read before', () => {
  it('is only asked for what is new, and a new one in full', async () => {
    server.series = [rising(service(0))]
    await look(service(0))
    await look(service(0))
    await look(service(1))
    expect(server.selectors.map(rangeOf)).toEqual([301, 31, 301])
  })

  it('is answered as if all had been read again', async () => {
    const old = rising(service(0))
    server.series = [old]
    await look(service(0), NOW - 10_000)
    server.series.push(counter({ destination_service: service(0), response_code: '503' }, NOW - 5000, [1, 2]))
    const later = await look(service(0), NOW)
    const fresh = await prometheusClient({ url: server.url }).requests({
      service: service(0),
      fromMs: NOW - BACK_MS,
      toMs: NOW,
    })
    expect(later).toEqual(fresh)
  })

  it('is answered with the news and a few samples before, for who needs no more', async () => {
    const sinceMs = NOW - 10_000
    const over = counter({ destination_service: service(0), response_code: '503' }, NOW - BACK_MS, [1, 2])
    server.series = [rising(service(0)), over]
    const span = { service: service(0), fromMs: NOW - BACK_MS, toMs: NOW }
    const [whole, part] = [await source.requests(span), await source.requests({ ...span, sinceMs })]
    expect(timesOf(part).map(({ length }) => length)).toEqual([5 + 11, 2])
    expect(timesOf(part)[0]?.[0]).toBe(sinceMs - 5000)
    const seen = [whole, part].map((series) => {
      const keyed = series.map(({ code = '', ...one }) => ({ key: code, ...one }))
      return increase(keyed, { fromMs: sinceMs, toMs: NOW, startedMs: 0 })
    })
    expect(seen[1]).toEqual(seen[0])
  })

  it('is read in full again for a time before', async () => {
    await look(service(0))
    await look(service(0), NOW, NOW - 2 * BACK_MS)
    expect(rangeOf(server.selectors[1])).toBe(601)
  })

  it('gets samples that came late, each once', async () => {
    const late = counter({ destination_service: service(0) }, NOW - 10_000, [10, 11, 12, 13, 14])
    server.series = [{ ...late, samples: late.samples.filter((_, index) => index !== 2) }]
    await look(service(0), NOW - 5000)
    server.series = [late]
    expect(timesOf(await look(service(0)))).toEqual([late.samples.map(([at]) => at)])
  })

  it('keeps what Prometheus lost in a restart, so that nothing counts twice', async () => {
    const whole = counter({ destination_service: service(0) }, NOW - 10_000, [10, 11, 12, 13])
    server.series = [whole]
    await look(service(0), NOW - 7000)
    const afterwards = counter({ destination_service: service(0) }, NOW - 2000, [16])
    server.series = [{ ...whole, samples: [...whole.samples.slice(0, 2), ...afterwards.samples] }]
    const counted = increase(
      (await look(service(0))).map(({ instance, samples }) => ({ key: '', instance, samples })),
      { fromMs: NOW - 7000, toMs: NOW, startedMs: 0 },
    )
    expect(counted.get('')).toBe(3)
  })

  it('is one series, in whatever order its labels come', async () => {
    const series = rising(service(0))
    server.series = [series]
    await look(service(0))
    const metric = Object.fromEntries(Object.entries(series.metric).toReversed())
    server.series = [{ ...series, metric }]
    expect(await look(service(0))).toHaveLength(1)
  })

  it('loses series that ended before the time asked for', async () => {
    const ended = counter({ destination_service: service(0), response_code: '500' }, NOW - BACK_MS, [1, 2])
    server.series = [rising(service(0)), ended]
    expect(await look(service(0))).toHaveLength(2)
    expect(await look(service(0), NOW, NOW - BACK_MS + 5000)).toHaveLength(1)
  })
})

describe('one service that cannot be read', () => {
  it('because of a sample that is no number fails alone', async () => {
    const bad = counter({ destination_service: service(1) }, NOW - 2000, ['NaN'])
    server.series = [rising(service(0)), bad]
    const [good, wrong] = await Promise.allSettled([look(service(0)), look(service(1))])
    expect(server.asked).toHaveLength(1)
    expect(good).toMatchObject({ status: 'fulfilled' })
    expect(wrong).toMatchObject({ status: 'rejected', reason: expect.any(ProviderError) as unknown })
  })

  it('because its query is refused fails alone', async () => {
    server.answer = (response, asked) => {
      if (!/service-3\W/.test(asked.params['query'] ?? '')) server.succeed(response, asked)
      else
        response.writeHead(422).end('{"status":"error","errorType":"execution","error":"too many samples"}')
    }
    const results = await Promise.allSettled(services(8).map(async (name) => look(name)))
    expect(results.map(({ status }) => status === 'rejected')).toEqual(
      services(8).map((_, index) => index === 3),
    )
    expect(results[3]).toMatchObject({ reason: { message: 'it answered 422: too many samples' } })
  })
})

describe('an answer that is too large', () => {
  it('is asked for in parts', async () => {
    server.answer = (response, asked) => {
      const count = [...(asked.params['query'] ?? '').matchAll(/service-/g)].length
      if (count <= 2) server.succeed(response, asked)
      else response.writeHead(413).end()
    }
    server.series = services(8).map((name) => rising(name))
    const found = await Promise.all(services(8).map(async (name) => look(name)))
    expect(found.every(({ length }) => length === 1)).toBe(true)
    const before = server.asked.length
    await Promise.all(services(8).map(async (name) => look(name)))
    // It has learnt: none is refused any more.
    expect(server.asked.length - before).toBe(4)
  })
})
