import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Proxies } from '../../../sandbox/agent/proxies.ts'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()))

async function admin(clusters: () => string): Promise<string> {
  const server = createServer((_, response) => response.end(clusters()))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const line = (port: number) => `outbound|9080|v1|reviews::127.0.0.1:${port}::cx_active::1\n`

test('an endpoint is dropped when the last proxy has dropped it', async () => {
  let [first, second] = [line(4000), line(4000)]
  const proxies = new Proxies(await admin(() => first))
  proxies.add(await admin(() => second))
  let dropped: boolean | undefined
  const done = proxies.dropped('127.0.0.1:4000').then((result) => (dropped = result))
  first = ''
  await proxies.dropped('127.0.0.1:5000')
  expect(dropped).toBeUndefined()
  second = line(40_001)
  await done
  expect(dropped).toBe(true)
})

test('a proxy that does not answer has no endpoints', async () => {
  const url = await admin(() => line(4000))
  servers.splice(0).forEach((server) => server.close())
  expect(await new Proxies(url).dropped('127.0.0.1:4000')).toBe(true)
})

test('a proxy that keeps the endpoint is told when patience is over', async () => {
  expect(await new Proxies(await admin(() => line(4000)), 300).dropped('127.0.0.1:4000')).toBe(false)
})

test('a proxy that takes long to answer is asked more seldom', async () => {
  let asked = 0
  const server = createServer((_, response) => {
    asked += 1
    setTimeout(() => response.end(line(4000)), 100)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  expect(await new Proxies(url, 1000).dropped('127.0.0.1:4000')).toBe(false)
  expect(asked).toBeLessThanOrEqual(4)
})
