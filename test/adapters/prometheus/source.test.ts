import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prometheusSource } from '../../../src/adapters/prometheus/source.ts'
import { exceedance } from '../../../src/core/analysis/histogram.ts'
import { bucketsOf } from '../../../src/core/analysis/istio.ts'
import { ProviderError } from '../../../src/ports.ts'
import type { MetricsSource } from '../../../src/ports.ts'
import { PrometheusServer, SERVICE, counter } from './server.ts'
import type { WrittenHistogram } from './server.ts'

const QUERY = { service: SERVICE, fromMs: 0, toMs: 10_000 }
const BUCKETS = { __name__: 'istio_request_duration_milliseconds_bucket' }
const NATIVE = { __name__: 'istio_request_duration_milliseconds' }

let server: PrometheusServer
let source: MetricsSource

beforeEach(async () => {
  server = new PrometheusServer()
  source = prometheusSource(await server.start())
})
afterEach(async () => server.stop())

describe('a series of Istio’s', () => {
  it('tells version and workload of the pod that answered', async () => {
    const labels = { destination_version: 'v1.2.3_rc.1', destination_workload: 'reviews-new' }
    server.series = [counter({ ...labels, response_code: '503' }, 1000, [7])]
    expect(await source.requests(QUERY)).toEqual([
      {
        instance: 'envoy/a:15090',
        version: 'v1.2.3_rc.1',
        workload: 'reviews-new',
        code: '503',
        samples: [[1000, 7]],
      },
    ])
  })

  it.each([{}, { destination_version: 'unknown', destination_workload: 'unknown' }])(
    'is nobody’s when no pod was found: %j',
    async (labels) => {
      server.series = [counter(labels, 1000, [1])]
      expect(await source.requests(QUERY)).toMatchObject([{ version: '', workload: '' }])
    },
  )

  it('tells the status of a gRPC answer, and none of others', async () => {
    server.series = [
      counter({ response_code: '200', grpc_response_status: '14' }, 1000, [1]),
      counter({ response_code: '500', grpc_response_status: '' }, 1000, [2]),
    ]
    const found = await source.requests(QUERY)
    expect(found.map(({ code, grpcStatus }) => [code, grpcStatus])).toEqual([
      ['200', '14'],
      ['500', undefined],
    ])
  })

  it('of the pods’ own proxies tells the pod: its label, the older one, or the target', async () => {
    const destination = { reporter: 'destination' }
    server.series = [
      counter({}, 1000, [1]),
      counter({ ...destination, instance: 'b', pod: 'reviews-1', pod_name: 'other' }, 1000, [1]),
      counter({ ...destination, instance: 'c', pod_name: 'reviews-2' }, 1000, [1]),
      counter({ ...destination, instance: 'd' }, 1000, [1]),
    ]
    const found = await source.requests({ ...QUERY, reporter: 'Destination' })
    expect(found.map(({ pod }) => pod)).toEqual(['reviews-1', 'reviews-2', 'envoy/d'])
    expect(await source.requests(QUERY)).toHaveLength(1)
    expect(await source.requests(QUERY)).not.toHaveProperty('0.pod')
  })

  it.each(['FI', 'DI', 'UF,DI', 'FI,URX'])(
    'is not read of requests that met an injected fault: %s',
    async (flags) => {
      const met = { response_flags: flags }
      const others = ['-', '', 'UF', 'DIX'].map((one, index) =>
        counter({ response_flags: one, instance: `${index}` }, 1000, [1]),
      )
      const bucket = { ...BUCKETS, le: '5' }
      server.series = [
        counter(met, 1000, [100]),
        counter({ ...met, ...bucket }, 1000, [100]),
        counter({ ...met, reporter: 'destination' }, 1000, [100]),
        ...others,
        counter(bucket, 1000, [1]),
      ]
      expect(await source.requests(QUERY)).toHaveLength(others.length)
      expect(await source.requests({ ...QUERY, reporter: 'Destination' })).toEqual([])
      expect(await source.latencies(QUERY)).toMatchObject([{ samples: [[1000, 1]] }])
    },
  )

  it('at steps is asked for as such, without what lies between', async () => {
    server.series = [counter({}, 0, [0, 1, 2, 3, 4, 5, 6])]
    const [series] = await source.requests({ ...QUERY, toMs: 6000, stepMs: 3000 })
    expect(series?.samples).toEqual([
      [0, 0],
      [3000, 3],
      [6000, 6],
    ])
    expect(server.asked).toMatchObject([
      { path: '/api/v1/query_range', method: 'POST', params: { start: '0', end: '6', step: '3' } },
    ])
  })

  it('at more steps than Prometheus gives at once is whole all the same', async () => {
    server.series = [counter({}, 0, [0, 1])]
    await source.requests({ ...QUERY, toMs: 25_000_000, stepMs: 1000 })
    const asked = server.asked.map(({ params }) => [Number(params['start']), Number(params['end'])])
    expect(asked).toEqual([
      [0, 9999],
      [10_000, 19_999],
      [20_000, 25_000],
    ])
  })
})

describe('samples of Prometheus', () => {
  it('are numbers', async () => {
    server.series = [counter({}, 1000, ['1', '2.5', '1e3'])]
    const [series] = await source.requests(QUERY)
    expect(series?.samples.map(([, value]) => value)).toEqual([1, 2.5, 1000])
  })

  it.each(['NaN', '+Inf', '-Inf', 'text', ''])('that are no numbers are bad data: %s', async (value) => {
    server.series = [counter({}, 1000, ['1', value, '3']), counter({ ...BUCKETS, le: '5' }, 1000, [value])]
    await expect(source.requests(QUERY)).rejects.toThrow(ProviderError)
    await expect(source.latencies(QUERY)).rejects.toThrow(
      `it has a sample that is no finite number: "${value}"`,
    )
  })
})

describe('histograms', () => {
  const histogram = (count: number): WrittenHistogram => ({
    count: String(count),
    sum: '1',
    buckets: [
      [3, '-0.001', '0.001', '1'],
      [0, '0.5', '1', String(count - 1)],
    ],
  })
  const native = (labels: Readonly<Record<string, string>>) => {
    const { metric } = counter({ ...NATIVE, ...labels }, 0, [])
    return { metric, samples: [[1000, histogram(3)] as const, [2000, histogram(8)] as const] }
  }

  it('that are classic have a series for each boundary', async () => {
    server.series = ['0.5', '5', '+Inf'].map((le) => counter({ ...BUCKETS, le }, 1000, [le === '5' ? 3 : 4]))
    expect((await source.latencies(QUERY)).map(({ le, samples }) => [le, samples])).toEqual([
      [0.5, [[1000, 4]]],
      [5, [[1000, 3]]],
      [Infinity, [[1000, 4]]],
    ])
  })

  it('that are native give the same', async () => {
    server.series = [native({ destination_version: 'v2' })]
    const found = await source.latencies(QUERY)
    expect(new Set(found.map(({ version }) => version))).toEqual(new Set(['v2']))
    expect(found.map(({ le, samples }) => [le, samples.map(([, value]) => value)])).toEqual([
      [0.001, [1, 1]],
      [0.5, [1, 1]],
      [1, [3, 8]],
      [Infinity, [3, 8]],
    ])
  })

  it('that are native can be added up, whatever each of them counted', async () => {
    const of = (bucket: readonly [number, string, string, string], code: string) => {
      const { metric } = counter({ ...NATIVE, destination_version: 'v2', response_code: code }, 0, [])
      const grown = (count: string): WrittenHistogram => ({
        count,
        sum: '1',
        buckets: [[bucket[0], bucket[1], bucket[2], count]],
      })
      return { metric, samples: [[1000, grown('1')] as const, [2000, grown(bucket[3])] as const] }
    }
    server.series = [of([0, '4', '8', '51'], '200'), of([0, '512', '1024', '2'], '503')]
    const found = await source.latencies(QUERY)
    const buckets = bucketsOf(found, 'v2', { fromMs: 1000, toMs: 2000, startedMs: 2000 })
    expect(exceedance(buckets, 100, 'fail')).toBe(1)
    expect(exceedance(buckets, 1024, 'fail')).toBe(0)
    expect(new Set(found.map(({ growth }) => growth))).toEqual(new Set([2]))
  })

  it('that are both count once', async () => {
    const classic = (version: string) =>
      counter({ ...BUCKETS, le: '+Inf', destination_version: version }, 1000, [3])
    server.series = [
      classic('v1'),
      native({ destination_version: 'v1' }),
      native({ destination_version: 'v2' }),
    ]
    const all = (await source.latencies(QUERY)).filter(({ le }) => le === Infinity)
    expect(all.map(({ version }) => version)).toEqual(['v1', 'v2'])
  })
})
