import { once } from 'node:events'
import { createServer } from 'node:net'
import { writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { choosePorts, portNames, portsPath, readPorts } from '../../../sandbox/parts/ports.ts'
import { temporaryFolder } from '../temporary.ts'

test('ports are chosen once, all different', async () => {
  const state = temporaryFolder()
  const ports = await choosePorts(state, true)
  expect(new Set(portNames.map((name) => ports[name])).size).toBe(portNames.length)
  expect(await choosePorts(state, true)).toEqual(ports)
  expect(readPorts(state)).toEqual(ports)
})

test('a port that another process took moves, but only while no part runs', async () => {
  const state = temporaryFolder()
  const ports = await choosePorts(state, true)
  const server = createServer().listen(ports.etcd, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  expect(await choosePorts(state, false)).toEqual(ports)
  const moved = await choosePorts(state, true)
  expect(moved.etcd).not.toBe(ports.etcd)
  expect({ ...moved, etcd: ports.etcd }).toEqual(ports)
})

test('a file without all ports counts as none', () => {
  const state = temporaryFolder()
  expect(readPorts(state)).toBeUndefined()
  writeFileSync(portsPath(state), '{"etcd": 15000}')
  expect(readPorts(state)).toBeUndefined()
})
