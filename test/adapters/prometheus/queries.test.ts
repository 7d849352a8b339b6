import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askOver } from '../../../src/adapters/prometheus/ask.ts'
import type { Answer } from '../../../src/adapters/prometheus/ask.ts'
import { metricQueries } from '../../../src/adapters/prometheus/queries.ts'
import { ProviderError } from '../../../src/ports.ts'
import type { MetricQueries } from '../../../src/ports.ts'
import { PrometheusServer } from './server.ts'

const success = (data: unknown, more: object = {}): Answer => ({
  status: 200,
  body: JSON.stringify({ status: 'success', data, ...more }),
})
const vector = (...values: string[]) =>
  success({
    resultType: 'vector',
    result: values.map((value, pod) => ({ metric: { pod: `p${pod}` }, value: [1, value] })),
  })
const answering = (answer: Answer) => metricQueries(async () => answer)

describe('the number of a query', () => {
  it.each([
    ['a vector of one element', vector('0.5'), 0.5],
    ['a scalar', success({ resultType: 'scalar', result: [1, '-3e-2'] }), -0.03],
    [
      'a vector with a note about the query',
      {
        ...vector('1'),
        ...success(
          { resultType: 'scalar', result: [1, '1'] },
          { warnings: ['PromQL warning: bucket label "le" is missing'] },
        ),
      },
      1,
    ],
  ])('is that of %s', async (_, answer, value) => {
    expect(await answering(answer).number('q')).toEqual({ kind: 'Number', value })
  })

  it.each([
    ['an empty vector', vector()],
    ['NaN', vector('NaN')],
  ])('is no data for %s', async (_, answer) => {
    expect(await answering(answer).number('q')).toEqual({ kind: 'NoData' })
  })

  it.each([
    [
      'several elements',
      vector('1', '2', '3'),
      'it has 3 elements, such as {pod="p0"} and {pod="p1"}: the query must yield one, for example by sum()',
    ],
    ['infinity', vector('+Inf'), '+Inf is no finite number'],
    [
      'a range',
      success({ resultType: 'matrix', result: [] }),
      'it is a range of samples: the query must yield one number at a time',
    ],
    ['a text', success({ resultType: 'string', result: [1, '5'] }), 'it is a text'],
    [
      'a histogram',
      success({ resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] }),
      'it is a histogram, not a number',
    ],
    [
      'a query that is refused',
      {
        status: 400,
        body: '{"status":"error","errorType":"bad_data","error":"parse error: unexpected end"}',
      },
      'the query is refused: parse error: unexpected end',
    ],
    [
      'a query that can not be computed',
      { status: 422, body: '{"status":"error","error":"many-to-many matching not allowed"}' },
      'the query is refused: many-to-many matching not allowed',
    ],
  ])('is bad for %s', async (_, answer, reason) => {
    expect(await answering(answer).number('q')).toEqual({ kind: 'Bad', reason })
  })

  it.each([
    [
      '200 with an error',
      { status: 200, body: '{"status":"error","error":"oops"}' },
      'it answered with an error: oops',
    ],
    ['503', { status: 503, body: 'no healthy upstream' }, 'it answered 503'],
    [
      'half a JSON',
      { status: 200, body: '{"status":"succ' },
      'its answer is not that of Prometheus: it is no whole JSON',
    ],
    [
      'a page',
      { status: 200, body: '<html>login</html>' },
      'its answer is not that of Prometheus: it is a page of HTML',
    ],
    [
      'another API',
      { status: 200, body: '{"ok":true}' },
      'its answer is not that of Prometheus: it is of another kind',
    ],
    [
      'data of another form',
      success({ resultType: 'vector', result: 7 }),
      'its answer is not that of Prometheus',
    ],
    [
      'a warning',
      success({ resultType: 'vector', result: [] }, { warnings: ['store away'] }),
      'its answer may lack data: it warns: store away',
    ],
    [
      'a part',
      success({ resultType: 'vector', result: [] }, { isPartial: true }),
      'its answer may lack data: it says so',
    ],
  ])('is an error of the provider for %s', async (_, answer, reason) => {
    expect(await answering(answer).number('q')).toEqual({ kind: 'ProviderError', reason })
  })

  it('is one, too, when nobody answers', async () => {
    const reading = await metricQueries(askOver({ url: 'http://127.0.0.1:9' })).number('q')
    expect(reading).toMatchObject({ kind: 'ProviderError', reason: expect.stringContaining('ECONNREFUSED') })
  })

  it('is asked for at a time, or at that of Prometheus', async () => {
    const asked: unknown[] = []
    const queries = metricQueries(async (path, params) => {
      asked.push([path, params])
      return vector('1')
    })
    await queries.number('q', 1500)
    await queries.number('q')
    expect(asked).toEqual([
      ['api/v1/query', { query: 'q', time: '1.5' }],
      ['api/v1/query', { query: 'q' }],
    ])
  })
})

describe('questions of several releases', () => {
  function slow() {
    const waiting: (() => void)[] = []
    const asked: string[] = []
    let now = 0
    const queries = metricQueries(
      async (_, params) => {
        asked.push(params?.['query'] ?? '')
        const { promise, resolve } = Promise.withResolvers<undefined>()
        waiting.push(() => resolve(undefined))
        await promise
        return vector('1')
      },
      () => now,
    )
    return { queries, asked, waiting, advance: (ms: number) => (now += ms) }
  }

  it('that are the same are asked once, while under way and for a moment after', async () => {
    const { queries, asked, waiting, advance } = slow()
    const first = [queries.number('a'), queries.number('a'), queries.number('b')]
    await turn()
    waiting.forEach((answer) => answer())
    await Promise.all(first)
    advance(499)
    await queries.number('a')
    expect(asked).toEqual(['a', 'b'])
    advance(2)
    const again = queries.number('a')
    await turn()
    waiting.forEach((answer) => answer())
    await again
    expect(asked).toEqual(['a', 'b', 'a'])
  })

  it('are eight at once at most', async () => {
    const { queries, asked, waiting } = slow()
    const all = Promise.all(Array.from({ length: 20 }, async (_, index) => queries.number(`q${index}`)))
    await turn()
    expect(asked).toHaveLength(8)
    while (waiting.length > 0) {
      waiting.shift()?.()
      await turn()
    }
    await all
    expect(asked).toHaveLength(20)
  })
})

describe('raw counters', () => {
  const QUERIES = { bad: 'bad{a="b"} ', total: 'total', versionLabel: 'app_version' }
  const row = (metric: object, ...values: string[]) => ({
    metric: { job: 'shop', instance: 'a:80', ...metric },
    values: values.map((value, index) => [index + 0.5, value]),
  })
  const matrix = (...result: object[]) => success({ resultType: 'matrix', result })

  it('are read as they were scraped, the total after the bad ones', async () => {
    const asked: unknown[] = []
    const queries = metricQueries(async (path, params) => {
      asked.push([path, params])
      return matrix(row({ app_version: 'v1' }, '7', '9'), row({ version: 'v2' }, '1'))
    })
    const series = await queries.counters(QUERIES, { fromMs: 10_000, toMs: 70_500 })
    const expected = [
      {
        instance: 'shop/a:80',
        version: 'v1',
        samples: [
          [500, 7],
          [1500, 9],
        ],
      },
      { instance: 'shop/a:80', version: '', samples: [[500, 1]] },
    ]
    expect(series).toEqual({ bad: expected, total: expected })
    expect(asked).toEqual([
      ['api/v1/query', { query: 'bad{a="b"}[62s]', time: '70.5' }],
      ['api/v1/query', { query: 'total[62s]', time: '70.5' }],
    ])
  })

  it.each([
    ['a vector', vector('1'), 'not that of Prometheus to a question for raw samples'],
    ['a sample that is no number', matrix(row({}, 'NaN')), 'it has a sample that is no finite number: "NaN"'],
    [
      'a histogram',
      success({ resultType: 'matrix', result: [{ metric: {}, histograms: [] }] }),
      'select its _count',
    ],
    ['a refusal', { status: 400, body: '{"status":"error","error":"no"}' }, 'the query is refused: no'],
  ])('are an error of the provider in place of %s', async (_, answer, message) => {
    const counters = answering(answer).counters(QUERIES, { fromMs: 0, toMs: 1 })
    await expect(counters).rejects.toThrow(ProviderError)
    await expect(counters).rejects.toThrow(message)
  })
})

describe('names of metrics', () => {
  it('are all that Prometheus has', async () => {
    expect(await answering(success(['a', 'b'])).names()).toEqual(['a', 'b'])
    await expect(answering(success({})).names()).rejects.toThrow('not that of Prometheus')
  })
})

describe('asking Prometheus', () => {
  let prometheus: PrometheusServer
  let queries: MetricQueries
  beforeEach(async () => {
    prometheus = new PrometheusServer()
    queries = metricQueries(askOver({ url: await prometheus.start() }))
  })
  afterEach(async () => prometheus.stop())

  it.each([
    ['ahead of', 601_000],
    ['behind', -599_000],
  ])(
    'whose clock is ten minutes %s ours is an error: it would hide samples, or show others',
    async (way, ms) => {
      prometheus.answer = (response) =>
        response.writeHead(200, { date: new Date(Date.now() + ms).toUTCString() }).end(vector('1').body)
      const said = new RegExp(
        String.raw`^its clock is (599|600|601) s ${way} ours; set both by the same time$`,
      )
      expect(await queries.number('q')).toEqual({
        kind: 'ProviderError',
        reason: expect.stringMatching(said) as string,
      })
      const span = { fromMs: 0, toMs: 1000 }
      const counters = queries.counters({ bad: 'b', total: 't', versionLabel: 'version' }, span)
      await expect(counters).rejects.toThrow(said)
    },
  )

  it('does not read a hundred megabytes to their end', async () => {
    let sent = 0
    prometheus.answer = (response) => {
      const chunk = Buffer.alloc(1024 * 1024, ' ')
      const write = () => {
        while (sent < 100) {
          sent += 1
          if (!response.write(chunk)) return
        }
        response.end()
      }
      response.on('drain', write)
      write()
    }
    expect(await queries.number('q')).toEqual({
      kind: 'ProviderError',
      reason: 'its answer is larger than 64 MB',
    })
    expect(sent).toBeLessThan(100)
  })

  it('posts a form, gets what needs no parameters, and follows nobody elsewhere', async () => {
    const methods: unknown[] = []
    const server = createServer((request, response) => {
      methods.push(request.method)
      response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end('moved')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const ask = askOver({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    expect(await ask('api/v1/query', { query: 'a' })).toEqual({ status: 302, body: 'moved' })
    await ask('api/v1/label/__name__/values')
    expect(methods).toEqual(['POST', 'GET'])
    server.closeAllConnections()
    server.close()
  })
})
