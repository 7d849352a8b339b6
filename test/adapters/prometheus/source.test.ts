import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prometheusSource } from '../../../src/adapters/prometheus/source.ts'
import { ProviderError } from '../../../src/ports.ts'
import type { MetricsSource } from '../../../src/ports.ts'

const QUERY = { service: 'reviews.shop.svc.cluster.local', fromMs: 0, toMs: 10_000 }

/** Labels and values of the only series that Prometheus has. */
let metric: Record<string, string>
let values: string[]
const server = createServer((_, response) => {
  const result = [{ metric, values: values.map((value, index) => [index + 1, value]) }]
  response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
})
let source: MetricsSource

beforeEach(async () => {
  metric = { job: 'envoy', instance: 'a:15090' }
  values = ['7']
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  source = prometheusSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

describe('a series of Istio’s', () => {
  it('tells version and workload of the pod that answered', async () => {
    const labels = { destination_version: 'v1.2.3_rc.1', destination_workload: 'reviews-new' }
    metric = { ...metric, ...labels, response_code: '503' }
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
      metric = { ...metric, ...labels }
      expect(await source.requests(QUERY)).toMatchObject([{ version: '', workload: '' }])
    },
  )
})

describe('samples of Prometheus', () => {
  it('are numbers', async () => {
    values = ['1', '2.5', '1e3']
    const [series] = await source.requests(QUERY)
    expect(series?.samples.map(([, value]) => value)).toEqual([1, 2.5, 1000])
  })

  it.each(['NaN', '+Inf', '-Inf', 'text', ''])('that are no numbers are bad data: %s', async (value) => {
    values = ['1', value, '3']
    await expect(source.requests(QUERY)).rejects.toThrow(ProviderError)
    await expect(source.latencies(QUERY)).rejects.toThrow(
      `it has a sample that is no finite number: "${value}"`,
    )
  })
})
