import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { countOutcomes } from '../../../sandbox/load/index.ts'
import type { LoadProcess, LoadReport } from '../../../sandbox/load/index.ts'
import { MISBEHAVING } from '../../../sandbox/kit/canaries.ts'
import { Shop as SluiceShop } from '../../../sandbox/kit/shop.ts'
import { demoDestinationRule, demoService, demoVirtualService } from '../../../sandbox/manifests/index.ts'
import { listRecords } from '../../../sandbox/supervise/index.ts'
import { sumsOf } from './istio-metrics.ts'
import type { Sum } from './istio-metrics.ts'
import { isReady, Shop, untilSent } from './shop.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const namespace = `inbound-${process.pid}`
const shop = new Shop(env, namespace)
const patience = { timeout: 60_000, interval: 250 }
let load: LoadProcess | undefined

beforeAll(() => shop.open({ inbound: true }))
afterAll(() => shop.close())
afterEach(async () => {
  await load?.stop()
  load = undefined
})

const service = (name: string) => `destination_service="${shop.host(name)}"`
const total = (sums: readonly Sum[]) => sums.reduce((all, { value }) => all + value, 0)

/** Requests so far, by labels. */
const requests = async (selector: string, by: string[] = []) =>
  sumsOf(env, `istio_requests_total{${selector}}`, by)

/** Selects what callers' or pods' proxies have counted of v1. */
const countedBy = (reporter: 'source' | 'destination', of: Shop, more = '') =>
  `reporter="${reporter}",destination_service="${of.host('reviews')}",destination_version="v1"${more}`

/** Waits until callers' and pods' proxies have counted as many good answers, and at least so many. */
async function untilBothCounted(atLeast: number, from = shop): Promise<void> {
  const good = async (reporter: 'source' | 'destination') =>
    total(await requests(countedBy(reporter, from, ',response_code="200"')))
  await expect.poll(async () => good('source'), patience).toBeGreaterThanOrEqual(atLeast)
  await expect.poll(async () => (await good('destination')) - (await good('source')), patience).toBe(0)
}

async function send(count: number, to = shop): Promise<LoadReport> {
  load = await to.load({ ratePerSecond: 200 })
  await untilSent(load, count)
  return load.stop()
}

function expectAll200({ outcomes, foreign }: LoadReport): void {
  expect({ other: outcomes.filter(({ status }) => status !== 200), foreign }).toEqual({
    other: [],
    foreign: [],
  })
}

/** How many proxies the pods of a service have. */
const proxies = (name: string) =>
  listRecords(env.state).filter((record) => record.name.startsWith(`sidecar.${namespace}.${name}-`)).length

test("each pod's own proxy reports what it was sent, and all of them as much as the callers' do", async () => {
  const { sent } = await send(300)
  await untilBothCounted(sent)
  const labels = ['destination_service_namespace', 'destination_workload', 'pod']
  const byPod = await requests(countedBy('destination', shop), labels)
  const pods = (await shop.pods({ version: 'v1' })).map(({ metadata }) => metadata?.name ?? '')
  const common = { destination_service_namespace: namespace, destination_workload: 'reviews-v1' }
  expect(byPod.map((sum) => sum.labels)).toEqual(
    pods.toSorted((a, b) => (a < b ? -1 : 1)).map((pod) => ({ ...common, pod })),
  )
  // Half of some 300, give or take six deviations.
  for (const { value } of byPod) expect(value).toBeGreaterThan(90)
  const all = countedBy('destination', shop, ',le="+Inf"')
  const buckets = `istio_request_duration_milliseconds_bucket{${all}}`
  const counted = async () => (await sumsOf(env, buckets, ['pod'])).map(({ value }) => value)
  await expect.poll(counted, patience).toEqual(byPod.map(({ value }) => value))
})

test('deleting a pod that is called through its proxy fails no request', async () => {
  load = await shop.load({ ratePerSecond: 200 })
  const name = (await shop.pods({ version: 'v1' })).find(isReady)?.metadata?.name ?? ''
  await shop.core.deleteNamespacedPod({ name, namespace })
  await expect
    .poll(async () => (await shop.pods({ version: 'v1' })).map(({ metadata }) => metadata?.name), patience)
    .not.toContain(name)
  await untilSent(load, 100)
  expectAll200(await load.stop())
  await expect.poll(() => proxies('reviews'), patience).toBe(2)
})

test('attempts that a retry hides from the caller are seen by the destination alone', async () => {
  const retried = new Shop(env, `${namespace}-retried`)
  onTestFinished(() => retried.close())
  const retries = { attempts: 10, retryOn: '5xx' }
  await new SluiceShop(env, retried.namespace).open(MISBEHAVING.flaky, { inbound: true, retries })
  await retried.untilAnswers('reviews')
  // The gateway itself may have answered 503 before it knew the pods: that is not to be taken for an attempt.
  await untilBothCounted(1, retried)
  const failed = async () => total(await requests(countedBy('source', retried, ',response_code!="200"')))
  const before = await failed()

  const report = await send(300, retried)
  const good = countOutcomes(report, ({ status }) => status === 200)
  // Without retries it were a hundred; eleven attempts that all fail are rare, but not impossible.
  const seen = report.sent - good
  if (seen > 0) console.error('callers saw', report.outcomes)
  expect(seen).toBeLessThan(4)
  await untilBothCounted(good, retried)
  expect((await failed()) - before).toBeLessThanOrEqual(seen)
  const others = countedBy('destination', retried, ',response_code!="200"')
  const hidden = await requests(others, ['response_code', 'pod'])
  expect(hidden.map(({ labels }) => labels['response_code'])).toEqual(['503', '503'])
  // A third of some 450 attempts fails: 150 with a deviation of 10.
  expect(total(hidden)).toBeGreaterThan(90)
})

test('a pod that is called through its proxy calls its dependency through the same, and others have none', async () => {
  await shop.apply(demoService({ name: 'ratings', namespace }), demoService({ name: 'details', namespace }))
  await shop.run({ name: 'ratings', version: 'v1' })
  await shop.run({ name: 'details', version: 'v3', inbound: true, env: { DEPENDENCY: 'ratings' } })
  await shop.apply(demoDestinationRule({ name: 'details', namespace, versions: ['v3'] }))
  await shop.apply(demoVirtualService({ name: 'details', namespace, weights: { v3: 100 } }))
  await shop.untilAnswers('details')
  expect([proxies('details'), proxies('ratings')]).toEqual([1, 0])
  const called = `${service('details')},reporter="destination",destination_version="v3"`
  await expect.poll(async () => total(await requests(called)), patience).toBeGreaterThan(0)
  const calling = `${service('ratings')},reporter="source",source_version="v3"`
  await expect.poll(async () => total(await requests(calling)), patience).toBeGreaterThan(0)
})
