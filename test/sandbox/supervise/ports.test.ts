import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort, isFree, parseEphemeralStart } from '../../../sandbox/supervise/ports.ts'

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

test('ports given out are free, different, and below those of outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()))
  expect(new Set(ports).size).toBe(20)
  expect(ports.every((port) => port >= 15_000 && port < 32_768)).toBe(true)
  expect(await Promise.all(ports.map((port) => isFree(port)))).not.toContain(false)
})

test('a port that somebody listens on is not free', async () => {
  expect(await isFree(await takenPort())).toBe(false)
})

describe('parseEphemeralStart', () => {
  test.each([
    ['32768\t60999\n', 32_768],
    ['1024 65535', undefined],
    ['', undefined],
  ])('%j gives %s', (text, start) => expect(parseEphemeralStart(text)).toBe(start))
})
