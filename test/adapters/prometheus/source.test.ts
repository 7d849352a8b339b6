import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { prometheusSource } from '../../../src/adapters/prometheus/source.ts'

let server: Server | undefined
afterEach(() => {
  server?.close()
})

/** What is read when Prometheus has one series with these labels. */
async function read(metric: Record<string, string>) {
  const result = [{ metric, values: [[1, '7']] }]
  const body = JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
  server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server?.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const [series] = await prometheusSource(`http://127.0.0.1:${port}`).requests({
    service: 'reviews.shop.svc.cluster.local',
    fromMs: 0,
    toMs: 10_000,
  })
  return series
}

describe('a series of Istio’s', () => {
  it('tells version and workload of the pod that answered', async () => {
    const labels = {
      destination_version: 'v1.2.3_rc.1',
      destination_workload: 'reviews-new',
      response_code: '503',
    }
    expect(await read({ job: 'envoy', instance: 'a:15090', ...labels })).toEqual({
      instance: 'envoy/a:15090',
      version: 'v1.2.3_rc.1',
      workload: 'reviews-new',
      code: '503',
      samples: [[1000, 7]],
    })
  })

  it('is nobody’s when no pod was found', async () => {
    const labels = { destination_version: 'unknown', destination_workload: 'unknown' }
    expect(await read(labels)).toMatchObject({ version: '', workload: '' })
    expect(await read({})).toMatchObject({ version: '', workload: '' })
  })
})
