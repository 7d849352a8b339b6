import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { afterProbe, watchReadiness } from '../../../sandbox/agent/readiness.ts'
import type { Readiness } from '../../../sandbox/agent/readiness.ts'

const plan = {
  path: '/healthz',
  initialDelayMs: 0,
  periodMs: 20,
  timeoutMs: 200,
  failureThreshold: 3,
  successThreshold: 1,
}
const servers: Server[] = []
const watches: AbortController[] = []
afterEach(() => {
  watches.splice(0).forEach((each) => each.abort())
  servers.splice(0).forEach((server) => server.close().closeAllConnections())
})

async function serve(status: () => number): Promise<number> {
  const server = createServer((_, response) => response.writeHead(status()).end())
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function watch(probe: typeof plan | undefined, port: number): boolean[] {
  const seen: boolean[] = []
  const abort = new AbortController()
  watches.push(abort)
  void watchReadiness(probe, port, abort.signal, (ready) => seen.push(ready))
  return seen
}

const run = (
  answers: boolean[],
  thresholds: { failureThreshold: number; successThreshold: number },
): boolean[] => {
  let now: Readiness = { ready: false, against: 0 }
  return answers.map((answer) => (now = afterProbe(now, answer, { ...plan, ...thresholds })).ready)
}

test('readiness changes when as many probes in a row disagree as the threshold says', () => {
  const [yes, no] = [true, false]
  const thresholds = { failureThreshold: 3, successThreshold: 2 }
  const expected = [no, no, no, yes, yes, yes, yes, yes, yes, no]
  expect(run([yes, no, yes, yes, no, no, yes, no, no, no], thresholds)).toEqual(expected)
})

test('it follows what the path answers', async () => {
  let status = 503
  const seen = watch(plan, await serve(() => status))
  status = 200
  await expect.poll(() => seen).toEqual([true])
  status = 500
  await expect.poll(() => seen).toEqual([true, false])
})

test('a probe that takes too long has failed', async () => {
  const port = await serve(() => 200)
  const seen = watch({ ...plan, failureThreshold: 1 }, port)
  await expect.poll(() => seen).toEqual([true])
  servers[0]!.removeAllListeners('request')
  await expect.poll(() => seen).toEqual([true, false])
})

test('without a probe it is ready as soon as it listens', async () => {
  const port = await serve(() => 500)
  const seen = watch(undefined, port)
  await expect.poll(() => seen).toEqual([true])
})

test('nothing is told after the end of the watch', async () => {
  let status = 503
  const seen = watch(plan, await serve(() => status))
  watches[0]!.abort()
  status = 200
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(seen).toEqual([])
})
