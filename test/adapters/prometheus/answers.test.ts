import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prometheusClient, prometheusSource } from '../../../src/adapters/prometheus/source.ts'
import { ProviderError } from '../../../src/ports.ts'
import type { MetricsSource } from '../../../src/ports.ts'
import { PrometheusServer, SERVICE, counter } from './server.ts'

const QUERY = { service: SERVICE, fromMs: 0, toMs: 10_000 }
const ROW = { metric: { destination_service: SERVICE }, values: [[1, '1']] }

let server: PrometheusServer
let source: MetricsSource

beforeEach(async () => {
  server = new PrometheusServer()
  server.series = [counter({}, 1000, [7])]
  source = prometheusSource(await server.start())
})
afterEach(async () => server.stop())

const json = (body: object) => (response: ServerResponse) => response.end(JSON.stringify(body))
const text = (status: number, body: string) => (response: ServerResponse) =>
  response.writeHead(status).end(body)
const success = (more: object, result: readonly unknown[] = [ROW]) =>
  json({ status: 'success', data: { resultType: 'matrix', result }, ...more })

const NO = 'its answer is not that of Prometheus: '
const PARTIAL = 'its answer may lack data: '

describe('an answer that is no good is told by what was found', () => {
  it.each<[string, (response: ServerResponse) => unknown, string]>([
    ['200 with an error', json({ status: 'error', error: 'oh' }), 'it answered with an error: oh'],
    [
      '200 with a warning of a storage',
      success({ warnings: ['PromQL info: x', 'receive series from 10.0.0.1: unavailable'] }),
      `${PARTIAL}it warns: receive series from 10.0.0.1: unavailable`,
    ],
    ['200 that is partial', success({ isPartial: true }), `${PARTIAL}it says so`],
    ['HTML', text(200, '<!doctype html><title>Sign in</title>'), `${NO}it is a page of HTML`],
    ['half a JSON', text(200, '{"status":"success","data":{"resultTy'), `${NO}it is no whole JSON`],
    ['nothing', text(200, ''), `${NO}it is no whole JSON`],
    ['another JSON', json({ hello: 'world' }), `${NO}"status" is missing or of another kind`],
    ['JSON that is no object', text(200, '17'), `${NO}it is of another kind`],
    [
      'a vector',
      json({ status: 'success', data: { resultType: 'vector', result: [] } }),
      `${NO}"data.resultType" is missing or of another kind`,
    ],
    [
      'a sample without a value',
      success({}, [{ ...ROW, values: [[1]] }]),
      `${NO}"data.result.0" is of another kind`,
    ],
    ['422', text(422, '{"status":"error","error":"too many"}'), 'it answered 422: too many'],
    ['503 with a page', text(503, '<html>no</html>'), 'it answered 503'],
    ['503 of Prometheus', text(503, '{"status":"error","error":"timed out"}'), 'it answered 503: timed out'],
    [
      '401',
      text(401, 'Unauthorized'),
      'it answered 401: it does not know who asks: token, password or client certificate is missing or not valid',
    ],
    [
      'a way elsewhere',
      (response) => response.writeHead(302, { location: 'https://login.example.com' }).end(),
      'it answered 302: see https://login.example.com',
    ],
    [
      'a clock far ahead',
      (response) => response.writeHead(200, { date: new Date(Date.now() + 600_500).toUTCString() }).end('{}'),
      'its clock is 600 s ahead of ours; set both by the same time',
    ],
    [
      'a clock far behind',
      (response) => response.writeHead(200, { date: new Date(Date.now() - 599_000).toUTCString() }).end('{}'),
      'its clock is 600 s behind ours; set both by the same time',
    ],
    ['a connection cut off', (response) => response.socket?.destroy(), 'ECONNRESET socket hang up'],
    ['silence', () => undefined, 'it did not answer within 5s'],
  ])('%s', { timeout: 15_000 }, async (_, answer, said) => {
    server.answer = answer
    const asked = source.requests(QUERY)
    await expect(asked).rejects.toThrow(ProviderError)
    // A second may have begun between.
    await expect(asked).rejects.toThrow(
      new RegExp(`^${escaped(said).replaceAll('600 s', '(599|600|601) s')}$`),
    )
  })

  it('a hundred megabytes, which are not read to their end', async () => {
    let sent = 0
    server.answer = (response) => {
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
    await expect(source.requests(QUERY)).rejects.toThrow('its answer is larger than 64 MB')
    expect(sent).toBeLessThan(100)
  })

  it('none on a connection that was closed meanwhile, which is made anew', async () => {
    await source.requests(QUERY)
    let cut = 0
    server.answer = (response, asked) => {
      if (cut++ > 0) server.succeed(response, asked)
      else response.socket?.destroy()
    }
    expect(await source.requests(QUERY)).toHaveLength(1)
    expect(cut).toBe(2)
  })

  it('nobody at the address', async () => {
    await server.stop()
    await expect(source.requests(QUERY)).rejects.toThrow(/^ECONNREFUSED /)
    await server.start()
  })
})

describe('an answer that is good all the same', () => {
  it.each([
    ['notes about the query', { warnings: ['PromQL warning: ignored'], infos: ['PromQL info: x'] }],
    ['no warnings', { warnings: null }],
  ])('has %s', async (_, more) => {
    server.answer = success(more)
    expect(await source.requests(QUERY)).toHaveLength(1)
  })
})

describe('who fails again and again', () => {
  it('is not asked by anybody for a time', async () => {
    let now = Date.parse('2026-01-02T03:04:05Z')
    const told: string[] = []
    server.answer = (response) => {
      response.sendDate = false
      response.writeHead(503).end()
    }
    const watched = prometheusClient(
      { url: server.url },
      {
        queried: (result, seconds) => told.push(`${result} ${seconds > 0}`),
        resting: (isResting) => told.push(isResting ? 'rests' : 'is back'),
      },
      { now: () => now, random: () => 0.5 },
    )
    const ask = async () => watched.requests({ ...QUERY, fromMs: now - 1000, toMs: now })
    for (let count = 0; count < 3; count++) await expect(ask()).rejects.toThrow(/^it answered 503$/)
    await expect(ask()).rejects.toThrow(
      'it answered 503; so since 03:04:05Z, and it is asked again at 03:04:06Z',
    )
    await expect(ask()).rejects.toThrow(ProviderError)
    expect(server.asked).toHaveLength(3)
    now += 1000
    server.answer = (response, asked) => {
      response.sendDate = false
      server.succeed(response, asked)
    }
    expect(await ask()).toEqual([])
    expect(told).toEqual(['Failed true', 'Failed true', 'Failed true', 'rests', 'Answered true', 'is back'])
  })
})

function escaped(said: string): string {
  return said.replaceAll(/[.*+?()[\]{}|\\]/g, String.raw`\$&`)
}
