import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NamedSources } from '../../src/adapters/prometheus/named.ts'
import { addressGuard } from '../../src/adapters/web/addresses.ts'
import type { PrometheusAccess } from '../../src/core/analysis/access.ts'
import { ProviderError } from '../../src/ports.ts'
import type { NamedPrometheus } from '../../src/ports.ts'
import { PrometheusServer, SERVICE, counter } from '../adapters/prometheus/server.ts'
import { FakeMetricQueries } from '../fakes/metric-queries.ts'
import { FakeMetricsSource } from '../fakes/metrics-source.ts'
import { FakeNamedPrometheus } from '../fakes/named-prometheus.ts'

const START = 1_700_000_000_000

/** One Prometheus to which a token is the way in, and that has requests to the service. */
interface Subject {
  readonly named: NamedPrometheus
  /** With the token. */
  readonly good: PrometheusAccess
  /** Of another address, which nobody is to ask. */
  readonly refused: PrometheusAccess
  close(): Promise<void>
}

const REFUSED: PrometheusAccess = { url: 'http://169.254.169.254', headers: {}, credentials: {} }

async function inMemory(): Promise<Subject> {
  const named = new FakeNamedPrometheus()
  const metrics = new FakeMetricsSource()
  metrics.flow({ service: SERVICE, version: 'v1', perSecond: 20 }, START)
  named.admit(({ credentials }) => credentials.token === 'abc', { metrics, queries: new FakeMetricQueries() })
  const good = { url: 'http://named', headers: {}, credentials: { token: 'abc' } }
  return { named, good, refused: REFUSED, close: async () => undefined }
}

async function overHttp(): Promise<Subject> {
  const server = new PrometheusServer()
  const labels = { destination_version: 'v1', response_code: '200' }
  server.series = [counter(labels, START, [0, 20, 40, 60])]
  server.answer = (response, asked) => {
    if (asked.headers.authorization !== 'Bearer abc') return response.writeHead(401).end()
    if (asked.params['query'] !== 'nothing') return server.succeed(response, asked)
    return response.end('{"status":"success","data":{"resultType":"vector","result":[]}}')
  }
  const url = await server.start()
  return {
    named: new NamedSources({
      common: { url: 'http://127.0.0.1:9' },
      guard: addressGuard({ allowsLoopback: true }),
    }),
    good: { url, headers: {}, credentials: { token: 'abc' } },
    refused: REFUSED,
    close: async () => server.stop(),
  }
}

describe.each([
  ['in memory', inMemory],
  ['over HTTP', overHttp],
])('Prometheus as Rollouts name it (%s)', (_, begin) => {
  let subject: Subject
  const query = { service: SERVICE, fromMs: START, toMs: START + 3000 }

  beforeAll(async () => {
    subject = await begin()
  })
  afterAll(async () => subject.close())

  it('is read by who is let in', async () => {
    const { metrics, queries } = subject.named.open(subject.good)
    const series = await metrics.requests(query)
    expect(series.filter(({ version, code }) => version === 'v1' && code === '200')).toHaveLength(1)
    expect(await queries.number('nothing')).toEqual({ kind: 'NoData' })
  })

  it('is the same for who asks again in the same way', async () => {
    const [first, again] = [subject.named.open(subject.good), subject.named.open({ ...subject.good })]
    expect(await again.metrics.requests(query)).toEqual(await first.metrics.requests(query))
  })

  it('is a ProviderError where nobody can ask', () => {
    expect(() => subject.named.open(subject.refused)).toThrow(ProviderError)
  })
})
