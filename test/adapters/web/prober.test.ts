import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../../sandbox/kit/sluice.ts'
import { webProber } from '../../../src/adapters/web/prober.ts'
import type { AddressRules } from '../../../src/adapters/web/addresses.ts'
import type { ProberAnswer } from '../../../src/core/faults/answers.ts'
import type { ProbeOrder } from '../../../src/ports.ts'

let server: Server
let asked: { readonly request: IncomingMessage; readonly body: string }[]

beforeEach(async () => {
  asked = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      asked.push({ request, body })
      if (request.url === '/moved') response.writeHead(302, { location: '/' }).end()
      else if (request.url === '/endless') void pour()
      else if (request.url !== '/silent') response.end('well')
    })
    const pour = async (): Promise<void> => {
      while (!response.destroyed) if (!response.write('x'.repeat(16_384))) await once(response, 'drain')
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** The first answer to an order. */
async function first(
  changes: Partial<ProbeOrder>,
  rules: AddressRules = { allowsLoopback: true },
): Promise<ProberAnswer> {
  const { port } = server.address() as AddressInfo
  const path = changes.url ?? '/'
  const order = { method: 'GET', headers: {}, requestsPerSecond: 20, forMs: 5000, timeoutMs: 300, ...changes }
  const url = path.startsWith('/') ? `http://127.0.0.1:${port}${path}` : path
  const probing = webProber(rules).start({ ...order, url })
  const answer = await eventually('an answer', async () => probing.take()[0])
  probing.stop()
  return answer
}

describe('what a prober sends', () => {
  it('has host, method, headers and body of the order', async () => {
    const headers = { 'x-sluice-probe': 'abc' }
    await first({ host: 'shop.example.com', method: 'POST', headers, body: 'a=b' })
    expect(asked[0]).toMatchObject({
      body: 'a=b',
      request: { method: 'POST', headers: { host: 'shop.example.com', 'x-sluice-probe': 'abc' } },
    })
  })
})

describe('a prober', () => {
  it('follows no redirect', async () => {
    expect(await first({ url: '/moved' })).toMatchObject({ status: 302 })
    expect(new Set(asked.map(({ request }) => request.url))).toEqual(new Set(['/moved']))
  })

  it('reads only the beginning of an answer without an end', async () => {
    const { status, text } = await first({ url: '/endless' })
    expect(status).toBe(200)
    expect(text).toBe('x'.repeat(100))
  })

  it('gives up what is not answered in time', async () => {
    const { status, problem, ms } = await first({ url: '/silent' })
    expect(status).toBeUndefined()
    expect(problem).toBe('no whole answer within 0.3 s')
    expect(ms).toBeGreaterThan(250)
  })

  it.each([
    ['http://169.254.169.254/latest', /link-local/],
    ['http://[fd00:ec2::254]/', /credentials/],
    ['http://localhost:9/', /Sluice's own machine/],
    ['/', /Sluice's own machine/],
  ])('does not ask %s', async (url, problem) => {
    const answer = await first({ url }, {})
    expect(answer.status).toBeUndefined()
    expect(answer.problem).toMatch(problem)
    expect(asked).toEqual([])
  })
})
