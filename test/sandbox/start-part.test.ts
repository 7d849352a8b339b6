import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Part, Site } from '../../sandbox/parts/part.ts'
import { type Ports, portNames } from '../../sandbox/parts/ports.ts'
import { ensurePart, stopPart } from '../../sandbox/start-part.ts'
import { freePort, isAlive, listRecords, readRecord, spawnRecorded } from '../../sandbox/supervise/index.ts'
import type { Installation } from '../../sandbox/tools/install.ts'
import { temporaryFolder } from './temporary.ts'

const installation = { programs: {}, istioCrds: '' } as unknown as Installation

async function site(): Promise<Site> {
  const port = await freePort()
  return {
    state: temporaryFolder(),
    ports: Object.fromEntries(portNames.map((name) => [name, port])) as Ports,
  }
}

/** A part that is healthy as long as a file of its folder is there. */
function part(script: string): Part {
  const fake: Part = {
    name: 'etcd',
    ports: ['etcd'],
    graceMs: 1_000,
    endpoint: () => '',
    launch: ({ state }) => ({ command: 'sh', args: ['-c', script], cwd: state }),
    async check({ state }) {
      if (!existsSync(join(state, 'healthy'))) throw new Error('no such file')
    },
  }
  return fake
}

async function ensure(fake: Part, where: Site) {
  onTestFinished(() => stopPart(fake, where))
  return ensurePart(fake, where, installation)
}

test('a part is started, then kept', async () => {
  const where = await site()
  const fake = part('touch healthy; exec sleep 60')
  expect(await ensure(fake, where)).toBe('started')
  const first = readRecord(where.state, 'etcd')
  expect(await ensure(fake, where)).toBe('kept')
  expect(readRecord(where.state, 'etcd')).toEqual(first)
})

test('a part that runs but is not healthy is restarted', async () => {
  const where = await site()
  await ensure(part('touch healthy; exec sleep 60'), where)
  const before = readRecord(where.state, 'etcd')
  let asked = 0
  const sick: Part = {
    ...part('exec sleep 61'),
    async check({ state }) {
      if (readRecord(state, 'etcd')?.pid === before?.pid) throw new Error(`no answer ${++asked}`)
    },
  }
  expect(await ensure(sick, where)).toBe('restarted')
  expect(before && isAlive(before)).toBe(false)
})

test('a part that ends at start is an error with the end of its log', async () => {
  const where = await site()
  const failure = ensure(part('echo the disk is full; exit 4'), where)
  await expect(failure).rejects.toThrow(/exit code 4[^]*the end of .*etcd\.log:\nthe disk is full/)
})

test('a port that somebody else has is named', async () => {
  const where = await site()
  const server = createServer().listen(where.ports.etcd, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  await expect(ensure(part('exec sleep 60'), where)).rejects.toThrow(`etcd needs port ${where.ports.etcd}`)
})

test('what a killed part left running ends before it starts again', async () => {
  const where = await site()
  const child = await spawnRecorded({
    name: 'pod.a',
    command: 'sleep',
    args: ['60'],
    logFile: join(where.state, 'logs', 'pod.a.log'),
    stateDir: where.state,
    owner: 'etcd',
  })
  await ensure(part('touch healthy; exec sleep 60'), where)
  expect(isAlive(child)).toBe(false)
  expect(listRecords(where.state).map((record) => record.name)).toEqual(['etcd'])
})
