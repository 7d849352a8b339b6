import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../sandbox/kit/sluice.ts'
import { webProber } from '../../src/adapters/web/prober.ts'
import type { ProberAnswer } from '../../src/core/faults/answers.ts'
import type { ProbeOrder, Prober, Probing } from '../../src/ports.ts'
import { FakeProber } from '../fakes/prober.ts'

/** An address that answers well, and one where nobody is. */
interface Subject {
  readonly prober: Prober
  readonly well: string
  readonly nobody: string
  close(): Promise<void>
}

async function inMemory(): Promise<Subject> {
  const prober = new FakeProber()
  prober.tell('http://well', ({ headers }) => ({ status: 200, ms: 1, text: headers['x-token'] ?? '' }))
  return { prober, well: 'http://well', nobody: 'http://nobody', close: async () => undefined }
}

async function overHttp(): Promise<Subject> {
  const server = createServer((request, response) => response.end(request.headers['x-token']))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    prober: webProber({ allowsLoopback: true }),
    well: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    nobody: 'http://127.0.0.1:9/',
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const orderTo = (url: string, changes: Partial<ProbeOrder> = {}): ProbeOrder => ({
  url,
  method: 'GET',
  headers: { 'x-token': 'ours' },
  requestsPerSecond: 50,
  forMs: 10_000,
  timeoutMs: 1000,
  ...changes,
})

/** The first answers of a prober. */
async function answersOf(probing: Probing, count: number): Promise<ProberAnswer[]> {
  const answers: ProberAnswer[] = []
  await eventually(`${count} answers`, async () => {
    answers.push(...probing.take())
    return answers.length >= count
  })
  return answers
}

describe.each([
  ['in memory', inMemory],
  ['over HTTP', overHttp],
])('a prober (%s)', (_, open) => {
  let subject: Subject

  beforeAll(async () => {
    subject = await open()
  })

  afterAll(async () => subject.close())

  it('tells status and text of what it sent with its headers', async () => {
    const probing = subject.prober.start(orderTo(subject.well))
    const [first] = await answersOf(probing, 3)
    probing.stop()
    expect(first).toMatchObject({ status: 200, text: 'ours' })
    expect(first?.problem).toBeUndefined()
  })

  it('tells of requests that nobody answers', async () => {
    const probing = subject.prober.start(orderTo(subject.nobody))
    const [first] = await answersOf(probing, 1)
    probing.stop()
    expect(first?.status).toBeUndefined()
    expect(first?.problem).toContain('ECONNREFUSED')
  })

  it('sends no more than it was asked for, and nothing after its time', async () => {
    const probing = subject.prober.start(orderTo(subject.well, { forMs: 200 }))
    await sleep(600)
    const count = probing.take().length
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThanOrEqual(11)
    await sleep(100)
    expect(probing.take()).toEqual([])
    probing.stop()
  })

  it('tells nothing once it is stopped', async () => {
    const probing = subject.prober.start(orderTo(subject.well))
    await answersOf(probing, 1)
    probing.stop()
    await sleep(100)
    expect(probing.take()).toEqual([])
  })
})
