import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { killPart, restartPart } from '../../../sandbox/control.ts'
import { answersByVersion, countOutcomes, foreignErrors } from '../../../sandbox/load/index.ts'
import type { LoadProcess, LoadReport } from '../../../sandbox/load/index.ts'
import { demoDeployment, demoService, demoVirtualService } from '../../../sandbox/manifests/index.ts'
import { container, isReady, Shop, untilSent } from './shop.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const namespace = `pods-${process.pid}`
const shop = new Shop(env, namespace)
const patience = { timeout: 60_000, interval: 100 }
let load: LoadProcess | undefined

beforeAll(() => shop.open())
afterAll(() => shop.close())
afterEach(async () => {
  await load?.stop()
  load = undefined
})

const route = (weights: Record<string, number>) => demoVirtualService({ name: 'reviews', namespace, weights })

function expectAll200(report: LoadReport): void {
  expect(report.foreign).toEqual([])
  expect(countOutcomes(report, ({ status }) => status === 200)).toBe(report.sent)
}

test('steady load meets the pods of v1 and nothing else', async () => {
  load = await shop.load()
  await untilSent(load, 1000)
  const report = await load.stop()
  expectAll200(report)
  expect(report.notSent).toBe(0)
  expect(Object.keys(answersByVersion(report))).toEqual(['v1'])
})

test('weights of 80 and 20 are seen by version, and a version of weight 0 can be scaled down unnoticed', async () => {
  await shop.run({ name: 'reviews', version: 'v2' })
  load = await shop.load()
  await shop.apply(route({ v1: 80, v2: 20 }))
  await expect
    .poll(async () => answersByVersion(await load!.snapshot())['v2'] ?? 0, patience)
    .toBeGreaterThan(0)
  const before = answersByVersion(await load.snapshot())
  await untilSent(load, 3000)
  const after = answersByVersion(await load.snapshot())
  const [v1, v2] = ['v1', 'v2'].map((version) => (after[version] ?? 0) - (before[version] ?? 0)) as [
    number,
    number,
  ]
  expect(v2 / (v1 + v2)).toBeGreaterThan(0.15)
  expect(v2 / (v1 + v2)).toBeLessThan(0.25)

  await shop.apply(route({ v1: 100, v2: 0 }))
  await expect.poll(() => v2Arrives(load!), patience).toBe(false)
  await shop.apps.deleteNamespacedDeployment({ name: 'reviews-v2', namespace })
  await expect.poll(async () => (await shop.pods({ version: 'v2' })).length, patience).toBe(0)
  await untilSent(load, 300)
  expectAll200(await load.stop())
})

async function v2Arrives(running: LoadProcess): Promise<boolean> {
  const before = answersByVersion(await running.snapshot())['v2']
  await untilSent(running, 100)
  return answersByVersion(await running.snapshot())['v2'] !== before
}

test('deleting one of two pods under load, again and again, fails no request', async () => {
  load = await shop.load()
  for (let round = 0; round < 4; round++) {
    const name = (await shop.pods({ version: 'v1' })).find(isReady)?.metadata?.name ?? ''
    await shop.core.deleteNamespacedPod({ name, namespace })
    const gone = async () => {
      const pods = await shop.pods({ version: 'v1' })
      return pods.every((pod) => pod.metadata?.name !== name) && pods.filter(isReady).length === 2
    }
    await expect.poll(gone, patience).toBe(true)
  }
  await untilSent(load, 300)
  expectAll200(await load.stop())
  expect(await shop.entries()).toHaveLength(2)
})

test('a crash-looping pod shows its exit code, is never ready and never an endpoint', async () => {
  await shop.apply(demoDeployment({ name: 'crash', version: 'v1', namespace, env: { CRASH: 100 } }))
  const pod = async () => container((await shop.pods({ app: 'crash' }))[0])
  await expect.poll(async () => (await pod())?.restartCount ?? 0, patience).toBeGreaterThan(1)
  await expect.poll(async () => (await pod())?.state?.waiting?.reason, patience).toBe('CrashLoopBackOff')
  expect((await pod())?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' })
  expect((await pod())?.lastState?.terminated?.message).toContain('as CRASH asks for')
  expect((await shop.entries()).filter((name) => name.startsWith('crash'))).toEqual([])
  await shop.apps.deleteNamespacedDeployment({ name: 'crash-v1', namespace })
  await expect.poll(async () => (await shop.pods({ app: 'crash' })).length, patience).toBe(0)
})

test('a pod is ready, and an endpoint, only when its probe says so', async () => {
  const started = Date.now()
  const running = shop.run({ name: 'slow', version: 'v1', env: { START_DELAY_MS: 3000 } })
  await expect
    .poll(async () => container((await shop.pods({ app: 'slow' }))[0])?.started, patience)
    .toBe(true)
  expect((await shop.pods({ app: 'slow' })).some(isReady)).toBe(false)
  expect((await shop.entries()).filter((name) => name.startsWith('slow'))).toEqual([])
  await running
  expect(Date.now() - started).toBeGreaterThan(3000)
  expect((await shop.entries()).filter((name) => name.startsWith('slow'))).toHaveLength(1)
})

test('a pod of another image stays Pending and says why', async () => {
  const body = { metadata: { name: 'web' }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } }
  await shop.core.createNamespacedPod({ namespace, body })
  const status = async () => (await shop.core.readNamespacedPod({ name: 'web', namespace })).status
  await expect.poll(async () => (await status())?.message, patience).toContain('sluice.dev/demo-app only')
  expect((await status())?.phase).toBe('Pending')
  await shop.core.deleteNamespacedPod({ name: 'web', namespace })
  await expect
    .poll(async () => (await shop.pods({})).some((pod) => pod.metadata?.name === 'web'), patience)
    .toBe(false)
})

test("a pod calls its dependency through a sidecar of its own, where only its version's calls meet a fault", async () => {
  await shop.apply(demoService({ name: 'ratings', namespace }), demoService({ name: 'details', namespace }))
  await shop.run({ name: 'ratings', version: 'v1' })
  const dependent = { name: 'details', env: { DEPENDENCY: 'ratings' } }
  await shop.run({ ...dependent, version: 'v1' })
  await shop.run({ ...dependent, version: 'v2' })
  await shop.apply(ratingsWithFaultFor('v2'), demoDetails())
  await shop.untilAnswers('details')
  const seen = async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => shop.call('details')))
    return [
      ...new Set(
        answers.map(({ headers, statusCode }) => `${String(headers['x-demo-version'])} ${statusCode}`),
      ),
    ].toSorted()
  }
  await expect.poll(seen, patience).toEqual(['v1 200', 'v2 502'])
  const query = `istio_requests_total{destination_service="${shop.host('ratings')}",source_version="v1",response_code="200"}`
  await expect.poll(() => series(query), patience).toBeGreaterThan(0)
})

const demoDetails = () => ({
  ...route({}),
  metadata: { name: 'details', namespace },
  spec: {
    hosts: [shop.host('details')],
    gateways: ['istio-system/sluice-gateway'],
    http: [{ route: [{ destination: { host: shop.host('details') } }] }],
  },
})

const ratingsWithFaultFor = (version: string) => {
  const to = [{ destination: { host: shop.host('ratings') } }]
  const fault = { abort: { percentage: { value: 100 }, httpStatus: 503 } }
  return {
    ...route({}),
    metadata: { name: 'ratings', namespace },
    spec: {
      hosts: [shop.host('ratings')],
      http: [{ match: [{ sourceLabels: { version } }], fault, route: to }, { route: to }],
    },
  }
}

async function series(query: string): Promise<number> {
  const answer = await fetch(`${env.prometheus}/api/v1/query?${new URLSearchParams({ query }).toString()}`)
  return ((await answer.json()) as { data: { result: unknown[] } }).data.result.length
}

test('the agent goes on after a restart of the API server, without an error for anybody', async () => {
  load = await shop.load()
  await restartPart('kube-apiserver', env.state)
  await shop.run({ name: 'reviews', version: 'v1', replicas: 3 })
  await shop.run({ name: 'reviews', version: 'v1', replicas: 2 })
  await expect.poll(async () => (await shop.pods({ app: 'reviews' })).length, patience).toBe(2)
  await untilSent(load, 300)
  expectAll200(await load.stop())
})

test('an agent that was killed leaves nothing behind that its successor does not put right', async () => {
  const names = async () =>
    (await shop.pods({ app: 'reviews' }))
      .map((pod) => pod.metadata?.name ?? '')
      .toSorted((a, b) => a.localeCompare(b))
  const before = await names()
  await killPart('agent', 'SIGKILL', env.state)
  await restartPart('agent', env.state)
  const restarted = async () =>
    (await shop.pods({ app: 'reviews' })).filter((pod) => isReady(pod) && container(pod)?.restartCount === 1)
      .length
  await expect.poll(restarted, patience).toBe(2)
  expect(await names()).toEqual(before)
  await shop.untilAnswers('reviews')
  load = await shop.load()
  await untilSent(load, 300)
  expect(foreignErrors(await load.stop())).toBe(0)
})
