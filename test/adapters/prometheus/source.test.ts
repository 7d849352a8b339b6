import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prometheusSource } from '../../../src/adapters/prometheus/source.ts'
import { ProviderError } from '../../../src/ports.ts'
import type { MetricsSource } from '../../../src/ports.ts'

const QUERY = { service: 'reviews.shop.svc.cluster.local', fromMs: 0, toMs: 10_000 }

/** Values of the only series that Prometheus has. */
let values: string[]
const server = createServer((_, response) => {
  const metric = { destination_version: 'v2', response_code: '200', job: 'envoy', instance: 'a' }
  const result = [{ metric, values: values.map((value, index) => [index + 1, value]) }]
  response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
})
let source: MetricsSource

beforeEach(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  source = prometheusSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
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
