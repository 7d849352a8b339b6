import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AgentContext } from '../../../sandbox/agent/context.ts'
import { PROCESS_ANNOTATION, SHARED } from '../../../sandbox/agent/pod-plan.ts'
import { PodRunner } from '../../../sandbox/agent/pod-runner.ts'
import { listRecords } from '../../../sandbox/supervise/index.ts'
import type { FakeCluster } from './fake-cluster.ts'
import { surroundings } from './fake-cluster.ts'
import { demoPod } from './pods.ts'

let cluster: FakeCluster
let context: AgentContext
let end: () => Promise<void>
let runner: PodRunner | undefined

beforeEach(() => {
  ;({ cluster, context, end } = surroundings())
})
afterEach(async () => {
  runner?.abandon()
  await end()
})

const probe = { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 0.05 }
const patience = { timeout: 20_000, interval: 20 }
const env = (variables: Record<string, string>) =>
  Object.entries(variables).map(([name, value]) => ({ name, value }))

function run(...args: Parameters<typeof demoPod>): PodRunner {
  runner = new PodRunner(demoPod(...args), context, Promise.resolve())
  return runner
}

const deleted = () => {
  const pod = demoPod({ readinessProbe: probe })
  pod.metadata!.deletionTimestamp = new Date()
  return pod
}

const answers = async (port: number) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    (response) => response.headers.get('x-demo-pod'),
    () => 'nothing',
  )

test('an unbound pod is bound, started, an endpoint, and only then ready', async () => {
  run({ readinessProbe: probe }, { nodeName: '' })
  await expect.poll(() => cluster.ready, patience).toBe(true)
  expect(cluster.calls).toEqual([
    'bind reviews-v1-abc',
    'status Pending',
    'status Running',
    'apply WorkloadEntry',
    'status Running ready',
  ])
  expect(await answers(cluster.port)).toBe('reviews-v1-abc')
})

test('a pod is known to have a proxy from its binding on', async () => {
  // It is not to be started here.
  cluster.onCall = async (call) => void (call.startsWith('bind') && runner?.abandon())
  await run({ env: env({ DEPENDENCY: 'ratings' }) }, { nodeName: '' }).done
  expect(Object.keys(cluster.annotations)).toEqual(['sidecar.istio.io/status'])
})

test('on deletion the endpoint goes while the process still answers, then the process, then the pod', async () => {
  const pod = run({ readinessProbe: probe })
  await expect.poll(() => cluster.ready, patience).toBe(true)
  const { port } = cluster
  const seen: string[] = []
  cluster.onCall = async (call) => void seen.push(`${call}: ${await answers(port)}`)
  pod.update(deleted())
  await pod.done
  expect(seen).toContain('remove WorkloadEntry: reviews-v1-abc')
  expect(seen.at(-1)).toBe('remove reviews-v1-abc: nothing')
  expect(listRecords(context.env.state)).toEqual([])
})

test('a process whose endpoint cannot be removed yet keeps running', async () => {
  const pod = run({ readinessProbe: probe })
  await expect.poll(() => cluster.ready, patience).toBe(true)
  const { port } = cluster
  let attempts = 0
  cluster.onCall = (call) =>
    call === 'remove WorkloadEntry' && ++attempts < 3
      ? Promise.reject(new Error('no API server'))
      : Promise.resolve()
  pod.update(deleted())
  await expect.poll(() => attempts, patience).toBe(2)
  expect(await answers(port)).toBe('reviews-v1-abc')
  await pod.done
  expect(attempts).toBe(3)
})

test('a crash takes the endpoint away and starts the process again after a while', async () => {
  run({ readinessProbe: probe, env: env({ CRASH: '700' }) })
  await expect.poll(() => cluster.ready, patience).toBe(true)
  await expect
    .poll(() => cluster.status.containerStatuses?.[0]?.state?.waiting?.reason, patience)
    .toBe('CrashLoopBackOff')
  await expect.poll(() => cluster.entry, patience).toBeUndefined()
  expect(cluster.status.containerStatuses?.[0]).toMatchObject({
    ready: false,
    restartCount: 0,
    lastState: { terminated: { exitCode: 1 } },
  })
  await expect.poll(() => cluster.ready, patience).toBe(true)
  expect(cluster.status.containerStatuses?.[0]?.restartCount).toBe(1)
})

test('a bad variable is the reason that the status gives', async () => {
  run({ env: env({ ERROR_RATE: 'much' }) })
  const last = () => cluster.status.containerStatuses?.[0]?.lastState?.terminated
  await expect.poll(() => last()?.exitCode, patience).toBe(2)
  expect(last()?.message).toContain('ERROR_RATE is "much"')
})

test("the agent's own environment does not reach the app", async () => {
  process.env['ERROR_RATE'] = '1'
  try {
    run({ readinessProbe: probe })
    await expect.poll(() => cluster.ready, patience).toBe(true)
  } finally {
    delete process.env['ERROR_RATE']
  }
  expect((await fetch(`http://127.0.0.1:${cluster.port}/`)).status).toBe(200)
})

test('a pod that the sandbox cannot run is told so, and removed when it is deleted', async () => {
  const pod = run({ image: 'nginx:1' })
  await expect.poll(() => cluster.status.message, patience).toContain('not nginx:1')
  expect(cluster.status.phase).toBe('Pending')
  pod.update(deleted())
  await pod.done
  expect(cluster.calls.at(-1)).toBe('remove reviews-v1-abc')
})

test('a pod removed by force loses its endpoint and its process', async () => {
  const pod = run({ readinessProbe: probe })
  await expect.poll(() => cluster.ready, patience).toBe(true)
  pod.removed()
  await pod.done
  expect(cluster.entry).toBeUndefined()
  expect(listRecords(context.env.state)).toEqual([])
})

test('the restarts that a former agent has seen are counted on', async () => {
  const pod = demoPod({ readinessProbe: probe })
  const before = { name: 'app', image: '', imageID: '', ready: true, restartCount: 2, state: { running: {} } }
  pod.status = { containerStatuses: [before] }
  runner = new PodRunner(pod, context, Promise.resolve())
  await expect.poll(() => cluster.ready, patience).toBe(true)
  expect(cluster.status.containerStatuses?.[0]?.restartCount).toBe(3)
})

test('changed labels of a pod reach its endpoint', async () => {
  const pod = run({ readinessProbe: probe })
  await expect.poll(() => cluster.ready, patience).toBe(true)
  const changed = demoPod({ readinessProbe: probe })
  changed.metadata!.labels = { app: 'other' }
  pod.update(changed)
  await expect.poll(() => cluster.entry?.spec['labels'], patience).toEqual({ app: 'other' })
})

test('an app that shares the process of the agent is an endpoint as soon as it listens, and ends with its pod', async () => {
  const shared = { [PROCESS_ANNOTATION]: SHARED }
  const pod = run({}, {}, shared)
  await expect.poll(() => cluster.ready, patience).toBe(true)
  const { port } = cluster
  expect(await answers(port)).toBe('reviews-v1-abc')
  expect(listRecords(context.env.state)).toEqual([])
  const gone = demoPod({}, {}, shared)
  gone.metadata!.deletionTimestamp = new Date()
  pod.update(gone)
  await pod.done
  expect(await answers(port)).toBe('nothing')
})
