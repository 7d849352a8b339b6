import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { foreignErrors, answersByVersion, startLoad, startLoadProcess } from '../../../sandbox/load/index.ts'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()))

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const app: RequestListener = (request, response) => {
  const version = request.headers.host ?? ''
  response.writeHead(request.url === '/bad' ? 500 : 200, { 'x-demo-version': version }).end('ok')
}

test('answers of the app are counted by version and status, its errors included', async () => {
  const url = await serve(app)
  const load = startLoad({ url, host: 'v7', path: '/bad', ratePerSecond: 200 })
  await expect.poll(() => load.snapshot().outcomes[0]?.count ?? 0).toBeGreaterThan(20)
  const report = await load.stop()
  expect(report.outcomes).toEqual([
    { origin: 'app', version: 'v7', status: 500, code: null, count: report.sent },
  ])
  expect(answersByVersion(report)).toEqual({ v7: report.sent })
  expect(foreignErrors(report)).toBe(0)
  expect(report.inFlight).toBe(0)
})

test("an error without the app's header is foreign, with a sample of headers and body", async () => {
  const url = await serve((_, response) =>
    response.writeHead(503, { server: 'envoy' }).end('no healthy upstream'),
  )
  const load = startLoad({ url, host: 'x', ratePerSecond: 200 })
  await expect.poll(() => foreignErrors(load.snapshot())).toBeGreaterThan(5)
  const { foreign, sent } = await load.stop()
  expect(foreign).toHaveLength(1)
  expect(foreign[0]).toMatchObject({ origin: 'mesh', status: 503, version: null, count: sent })
  expect(foreign[0]?.first).toMatchObject({ body: 'no healthy upstream', headers: { server: 'envoy' } })
  expect(foreign[0]?.last.atMs).toBeGreaterThan(foreign[0]?.first.atMs ?? Infinity)
})

test('a broken answer and one that takes too long are errors of the client, each counted once', async () => {
  const url = await serve((request, response) => {
    if (request.headers.host === 'slow') return
    response.writeHead(200, { 'x-demo-version': 'v1', 'content-length': 100 })
    response.write('half', () => response.destroy())
  })
  for (const [host, code] of [
    ['slow', 'TIMEOUT'],
    ['broken', 'ECONNRESET'],
  ] as const) {
    const load = startLoad({ url, host, ratePerSecond: 100, timeoutMs: 100 })
    await expect.poll(() => foreignErrors(load.snapshot())).toBeGreaterThan(3)
    const report = await load.stop()
    expect(report.outcomes).toEqual([
      { origin: 'client', version: null, status: null, code, count: report.sent },
    ])
  }
})

test('slow answers do not slow the rate, and what finds no free connection is told', async () => {
  const url = await serve((_, response) => {
    setTimeout(() => response.writeHead(200, { 'x-demo-version': 'v1' }).end(), 300)
  })
  const load = startLoad({ url, host: 'x', ratePerSecond: 200, connections: 10 })
  await expect.poll(() => load.snapshot().elapsedMs, { timeout: 2000 }).toBeGreaterThan(600)
  const { sent, notSent, elapsedMs } = load.snapshot()
  expect(sent + notSent).toBeGreaterThan(0.75 * (elapsedMs / 1000) * 200)
  expect(sent).toBeLessThan(10 * (elapsedMs / 300 + 1))
  expect(load.snapshot().inFlight).toBeLessThanOrEqual(10)
  await load.stop()
})

test('a load in a process of its own reports the same, also after its end', async () => {
  const url = await serve(app)
  const load = await startLoadProcess({ url, host: 'v1', ratePerSecond: 200 })
  await expect.poll(async () => (await load.snapshot()).sent).toBeGreaterThan(20)
  const [report, again] = await Promise.all([load.stop(), load.stop()])
  expect(report.outcomes).toEqual([
    { origin: 'app', version: 'v1', status: 200, code: null, count: report.sent },
  ])
  expect(again).toBe(report)
  expect(await load.snapshot()).toBe(report)
})

test('a load to no URL is refused', async () => {
  await expect(startLoadProcess({ url: 'no url', host: 'x', ratePerSecond: 1 })).rejects.toThrow(
    'no url is no URL',
  )
})

test('a load whose process was killed says so', async () => {
  const url = await serve(app)
  const load = await startLoadProcess({ url, host: 'v1', ratePerSecond: 1 })
  process.kill(load.pid, 'SIGKILL')
  await expect(load.snapshot()).rejects.toThrow('has ended (SIGKILL)')
  await expect(load.stop()).rejects.toThrow('has ended (SIGKILL)')
})
