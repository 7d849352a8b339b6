import { afterEach, beforeEach, expect, test } from 'vitest'
import { Agent, isOurs } from '../../../sandbox/agent/agent.ts'
import type { FakeCluster } from './fake-cluster.ts'
import { surroundings } from './fake-cluster.ts'
import { demoPod } from './pods.ts'

let cluster: FakeCluster
let agent: Agent
let end: () => Promise<void>

beforeEach(() => {
  const made = surroundings()
  ;({ cluster, end } = made)
  agent = new Agent(made.context)
})
afterEach(async () => {
  agent.abandon()
  await end()
})

const named = (uid: string, deletionTimestamp?: Date) => {
  const pod = demoPod({ image: 'other' })
  Object.assign(pod.metadata!, { uid, ...(deletionTimestamp ? { deletionTimestamp } : {}) })
  return pod
}

test.each([
  ['unbound', {}, true],
  ['bound to the sandbox', { nodeName: 'sandbox' }, true],
  ['bound elsewhere', { nodeName: 'kwok-1' }, false],
  ['meant for another scheduler', { nodeName: '', schedulerName: 'kwok' }, false],
])('a pod that is %s: %j', (_, spec, ours) => {
  expect(isOurs(demoPod({}, { nodeName: '', ...spec }))).toBe(ours)
})

test('a pod with the name of a former one begins when nothing is left of that one', async () => {
  const gate = Promise.withResolvers<void>()
  agent.changed(named('uid-1'))
  await expect.poll(() => cluster.status.phase).toBe('Pending')
  cluster.onCall = (call) => (call.startsWith('remove') ? gate.promise : Promise.resolve())
  agent.gone(named('uid-1'))
  await expect.poll(() => cluster.calls.at(-1)).toBe('remove reviews-v1-abc')
  const before = cluster.calls.length
  agent.changed(named('uid-2'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(cluster.calls).toHaveLength(before)
  gate.resolve()
  await expect.poll(() => cluster.calls.at(-1)).toBe('status Pending')
})

test('a pod that is being deleted when the agent meets it is removed', async () => {
  agent.changed(named('uid-1', new Date()))
  await expect.poll(() => cluster.calls.at(-1)).toBe('remove reviews-v1-abc')
})
