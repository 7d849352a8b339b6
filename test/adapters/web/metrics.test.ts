import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { webMetrics } from '../../../src/adapters/web/metrics.ts'
import type { WebRequest } from '../../../src/core/analysis/query/web.ts'
import { authority } from '../temporal/certificates.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

const json =
  (value: unknown): Handler =>
  (_, response) =>
    response.end(JSON.stringify(value))

let server: Server
let handler: Handler
let asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[]

async function listen(one: Server): Promise<number> {
  one.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      handler(request, response, body)
    })
  })
  one.listen(0, '127.0.0.1')
  await once(one, 'listening')
  return (one.address() as AddressInfo).port
}

function requestTo(port: number, more: Partial<WebRequest> = {}): WebRequest {
  return { url: `http://127.0.0.1:${port}/rate`, method: 'GET', headers: {}, jsonPath: '$.rate', ...more }
}

beforeEach(() => {
  asked = []
  handler = json({ rate: 0.5 })
  server = createServer()
})

afterEach(async () => {
  server.closeAllConnections()
  if (server.listening) {
    server.close()
    await once(server, 'close')
  }
})

const metrics = webMetrics({ allowsLoopback: true }, 500)

describe('a web metric', () => {
  it('is the number that is answered, with method, headers and body as they are', async () => {
    const port = await listen(server)
    const body = '{"version":"v2"}'
    const headers = { Authorization: 'Bearer x' }
    const reading = await metrics.number(requestTo(port, { method: 'POST', headers, body }))
    expect(reading).toEqual({ kind: 'Number', value: 0.5 })
    expect(asked).toEqual([
      expect.objectContaining({
        method: 'POST',
        url: '/rate',
        body,
        headers: expect.objectContaining({
          authorization: 'Bearer x',
          'content-type': 'application/json',
          accept: 'application/json',
        }),
      }),
    ])
  })

  it('is not asked for elsewhere than where it was said', async () => {
    handler = (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    expect(await metrics.number(requestTo(await listen(server)))).toEqual({
      kind: 'Bad',
      reason: 'it is sent on to http://169.254.169.254/ (302), and redirects are not followed',
    })
    expect(asked).toHaveLength(1)
  })

  it.each(['http://127.0.0.1', 'http://localhost', 'http://[::ffff:127.0.0.1]'])(
    'is refused on the own machine before any connection: %s',
    async (origin) => {
      const port = await listen(server)
      const connections: unknown[] = []
      server.on('connection', (socket) => connections.push(socket))
      const reading = await webMetrics().number(requestTo(port, { url: `${origin}:${port}/` }))
      expect(reading).toMatchObject({ kind: 'Bad', reason: expect.stringContaining("Sluice's own machine") })
      expect(connections).toHaveLength(0)
    },
  )

  it('is refused at addresses of metadata services', async () => {
    expect(await metrics.number(requestTo(0, { url: 'http://169.254.169.254/' }))).toEqual({
      kind: 'Bad',
      reason: '169.254.169.254 is link-local, where clouds answer with credentials',
    })
  })

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/', 'data:application/json,1'])(
    'is refused of %s',
    async (url) => {
      expect(await metrics.number(requestTo(0, { url }))).toMatchObject({
        kind: 'Bad',
        reason: expect.stringContaining('is neither http: nor https:'),
      })
    },
  )

  it.each([
    ['at once', (response: ServerResponse) => response.end(Buffer.alloc(2 * 1024 * 1024, ' '))],
    ['packed', (response: ServerResponse) => packed(response)],
    ['without end', (response: ServerResponse) => endless(response)],
  ])('is bad when the answer is too large: %s', async (_, send) => {
    handler = (__, response) => send(response)
    expect(await metrics.number(requestTo(await listen(server)))).toEqual({
      kind: 'Bad',
      reason: 'its answer is larger than 1 MB',
    })
  })

  it.each([
    ['never comes', () => undefined],
    ['comes in drops', (response: ServerResponse) => drip(response)],
  ])('is an error of the provider when the answer %s', async (_, send) => {
    handler = (__, response) => send(response)
    expect(await metrics.number(requestTo(await listen(server)))).toEqual({
      kind: 'ProviderError',
      reason: 'its answer did not end within 0.5 s',
    })
  })

  it('is an error of the provider when nobody is there, or the connection is cut', async () => {
    expect(await metrics.number(requestTo(9))).toMatchObject({
      kind: 'ProviderError',
      reason: expect.stringContaining('ECONNREFUSED'),
    })
    handler = (_, response) => response.destroy()
    expect(await metrics.number(requestTo(await listen(server)))).toMatchObject({ kind: 'ProviderError' })
  })

  it('is read over TLS from whom the certificates given vouch for, and from nobody else', async () => {
    const issuer = authority('metrics')
    server = createTlsServer(issuer.issue('localhost'))
    const port = await listen(server)
    const secure = requestTo(port, { url: `https://localhost:${port}/rate` })
    expect(await metrics.number({ ...secure, ca: String(issuer.cert) })).toEqual({
      kind: 'Number',
      value: 0.5,
    })
    expect(await metrics.number(secure)).toMatchObject({
      kind: 'ProviderError',
      reason: expect.stringMatching(/certificate/i),
    })
    expect(asked).toHaveLength(1)
  })
})

function packed(response: ServerResponse): void {
  response.writeHead(200, { 'content-encoding': 'gzip' })
  response.end(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')))
}

function endless(response: ServerResponse): void {
  const part = Buffer.alloc(64 * 1024, ' ')
  const more = (): void => {
    while (!response.destroyed && response.write(part));
  }
  response.on('drain', more)
  more()
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 50)
  response.on('close', () => clearInterval(timer))
}
