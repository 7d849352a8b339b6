import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webMetrics } from '../../src/adapters/web/metrics.ts'
import type { WebMetrics } from '../../src/ports.ts'
import { FakeWebMetrics } from '../fakes/web-metrics.ts'

/** The web with an address that answers 0.5, one without data, and one where nobody is. */
interface Subject {
  readonly metrics: WebMetrics
  readonly half: string
  readonly nothing: string
  readonly nobody: string
  close(): Promise<void>
}

async function inMemory(): Promise<Subject> {
  const metrics = new FakeWebMetrics()
  metrics.tell('http://half', { kind: 'Number', value: 0.5 })
  metrics.tell('http://nothing', { kind: 'NoData' })
  const urls = { half: 'http://half', nothing: 'http://nothing', nobody: 'http://nobody' }
  return { metrics, ...urls, close: async () => undefined }
}

async function overHttp(): Promise<Subject> {
  const server = createServer((request, response) => response.end(request.url === '/half' ? '0.5' : 'null'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    metrics: webMetrics({ allowsLoopback: true }),
    half: `${origin}/half`,
    nothing: `${origin}/nothing`,
    nobody: 'http://127.0.0.1:9/',
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe.each([
  ['in memory', inMemory],
  ['over HTTP', overHttp],
])('numbers of web addresses (%s)', (_, open) => {
  let subject: Subject
  const read = async (url: string) =>
    subject.metrics.number({ url, method: 'GET', headers: {}, jsonPath: '$' })

  beforeAll(async () => {
    subject = await open()
  })

  afterAll(async () => subject.close())

  it('are read where they are', async () => {
    expect(await read(subject.half)).toEqual({ kind: 'Number', value: 0.5 })
  })

  it('are no data where there are none', async () => {
    expect(await read(subject.nothing)).toEqual({ kind: 'NoData' })
  })

  it('are an error of the provider where nobody answers', async () => {
    expect(await read(subject.nobody)).toMatchObject({ kind: 'ProviderError' })
  })
})
