import { once } from 'node:events'
import { Agent, get } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { behaviourOf } from '../../../sandbox/demo-app/behaviour.ts'
import { createDemoServer } from '../../../sandbox/demo-app/server.ts'
import type { DemoServer } from '../../../sandbox/demo-app/server.ts'

const open: Server[] = []
afterEach(() => open.splice(0).forEach((server) => server.close().closeAllConnections()))

async function start(env: Record<string, string> = {}): Promise<DemoServer & { url: string }> {
  const demo = createDemoServer(behaviourOf({ PORT: '0', VERSION: 'v2', POD_NAME: 'reviews-1', ...env }))
  open.push(demo.server)
  await new Promise<void>((resolve) => demo.server.listen(0, '127.0.0.1', resolve))
  return { ...demo, url: `http://127.0.0.1:${(demo.server.address() as AddressInfo).port}` }
}

function call(url: string, agent?: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = agent ? { agent } : {}
    get(url, options, (response) => response.resume().on('end', () => resolve(response))).on('error', reject)
  })
}

const eventually = async (check: () => Promise<boolean>): Promise<void> => {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10))
}

test.each([
  ['a good answer', {}, 200],
  ['an error', { ERROR_RATE: '1' }, 500],
  ['an error of another status', { ERROR_RATE: '1', ERROR_STATUS: '403' }, 403],
])('%s names version and pod', async (_, env, status) => {
  const { url } = await start(env)
  const response = await call(`${url}/any/path`)
  expect(response.statusCode).toBe(status)
  expect(response.headers).toMatchObject({ 'x-demo-version': 'v2', 'x-demo-pod': 'reviews-1' })
})

test('ERROR_RATE is the share of errors', async () => {
  const { url } = await start({ ERROR_RATE: '0.3' })
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const answers = await Promise.all(Array.from({ length: 2000 }, () => call(url, agent)))
  agent.destroy()
  const errors = answers.filter((answer) => answer.statusCode === 500).length
  // 600 expected, deviation 20.5: six of them on both sides
  expect(errors).toBeGreaterThan(477)
  expect(errors).toBeLessThan(723)
})

test('SLOW_RATE answers take SLOW_MS longer', async () => {
  const { url } = await start({ SLOW_RATE: '1', SLOW_MS: '120', LATENCY_MS: '30' })
  const before = performance.now()
  await call(url)
  expect(performance.now() - before).toBeGreaterThan(145)
})

test('it is unready until START_DELAY_MS is over', async () => {
  const { url } = await start({ START_DELAY_MS: '200' })
  expect((await call(`${url}/healthz`)).statusCode).toBe(503)
  await eventually(async () => (await call(`${url}/healthz`)).statusCode === 200)
})

test('draining finishes open requests, closes their connections and refuses new ones', async () => {
  const { url, drain, server } = await start({ LATENCY_MS: '200' })
  const agent = new Agent({ keepAlive: true })
  const pending = call(url, agent)
  await once(server, 'request')
  const drained = drain()
  await expect(call(url)).rejects.toThrow('ECONNREFUSED')
  const response = await pending
  expect(response.statusCode).toBe(200)
  expect(response.headers.connection).toBe('close')
  await drained
})

test('draining does not wait for a connection that was opened for nothing', async () => {
  const { url, drain, server } = await start()
  const { port } = new URL(url)
  const unused = connect(Number(port), '127.0.0.1')
  await once(server, 'connection')
  await expect(drain()).resolves.toBeUndefined()
  unused.destroy()
})

test.each([
  ['fail', 502],
  ['degrade', 200],
])('a failing dependency with ON_DEPENDENCY_FAILURE=%s gives %i and its name', async (policy, status) => {
  const dependency = await start({ ERROR_RATE: '1' })
  const env = { DEPENDENCY: 'ratings', DEPENDENCY_URL: dependency.url, ON_DEPENDENCY_FAILURE: policy }
  const { url } = await start(env)
  const response = await call(url)
  expect(response.statusCode).toBe(status)
  expect(response.headers['x-demo-dependency-failure']).toBe('ratings: status 500')
  expect(response.headers['x-demo-version']).toBe('v2')
})

test('the dependency is called by its own name on each request', async () => {
  const dependency = await start()
  const hosts: (string | undefined)[] = []
  dependency.server.on('request', (request) => hosts.push(request.headers.host))
  const { url } = await start({ DEPENDENCY: 'ratings:9080', DEPENDENCY_URL: dependency.url })
  await call(url)
  expect((await call(url)).statusCode).toBe(200)
  expect(hosts).toEqual(['ratings:9080', 'ratings:9080'])
})

test('an unreachable dependency is a failure, not a crash', async () => {
  const dependency = await start()
  await dependency.drain()
  const { url } = await start({ DEPENDENCY: 'ratings', DEPENDENCY_URL: dependency.url })
  const response = await call(url)
  expect(response.statusCode).toBe(502)
  expect(response.headers['x-demo-dependency-failure']).toContain('ECONNREFUSED')
})
