import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { behave } from '../../../sandbox/kit/behaviour.ts'
import { HEALTHY, MISBEHAVING } from '../../../sandbox/kit/canaries.ts'
import { answersByVersion, countOutcomes } from '../../../sandbox/load/index.ts'
import type { LoadProcess, LoadReport } from '../../../sandbox/load/index.ts'
import { demoDestinationRule, demoVirtualService } from '../../../sandbox/manifests/index.ts'
import { sumsOf } from './istio-metrics.ts'
import { Shop, untilSent } from './shop.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const namespace = `misbehaving-${process.pid}`
const shop = new Shop(env, namespace)
const patience = { timeout: 60_000, interval: 250 }
let load: LoadProcess | undefined

beforeAll(() => shop.open({ env: HEALTHY, inbound: true }))
afterAll(async () => shop.close())
afterEach(async () => {
  behave(env, namespace)
  await load?.stop()
  load = undefined
})

const route = (weights: Record<string, number>) => demoVirtualService({ name: 'reviews', namespace, weights })
const of = (selector: string) =>
  `{destination_service="${shop.host('reviews')}",reporter="destination",${selector}}`

/** Runs a canary that gets half of the requests, and sends until it and v1 have answered so many together. */
async function compare(version: keyof typeof MISBEHAVING, answers: number): Promise<LoadReport> {
  await shop.apply(demoDestinationRule({ name: 'reviews', namespace, versions: ['v1', version] }))
  await shop.run({ name: 'reviews', version, env: MISBEHAVING[version], inbound: true })
  await shop.apply(route({ v1: 50, [version]: 50 }))
  const versionOfNext = async () => (await shop.call('reviews')).headers['x-demo-version']
  await expect.poll(versionOfNext, patience).toBe(version)
  return send(answers)
}

async function send(answers: number): Promise<LoadReport> {
  load = await shop.load()
  await untilSent(load, answers)
  const report = await load.stop()
  expect(report.foreign).toEqual([])
  return report
}

const statusOfNext = async () => (await shop.call('reviews')).statusCode

/** Share of a version's answers so far that took longer than some milliseconds, as its pods' proxies count them. */
async function slowerThan(ms: number, version: string): Promise<number> {
  const durations = async (le: string) => {
    const buckets = `istio_request_duration_milliseconds_bucket${of(`destination_version="${version}",le="${le}"`)}`
    return (await sumsOf(env, buckets, []))[0]?.value ?? 0
  }
  return 1 - (await durations(String(ms))) / (await durations('+Inf'))
}

test('a canary forbids everything to everybody, and v1 nothing', async () => {
  const report = await compare('forbidding', 100)
  expect(countOutcomes(report, ({ status, version }) => status !== 403 && version === 'forbidding')).toBe(0)
  expect(countOutcomes(report, ({ status, version }) => status === 403 && version !== 'forbidding')).toBe(0)
  const codes = async () =>
    sumsOf(env, `istio_requests_total${of('destination_version="forbidding"')}`, ['response_code'])
  await expect.poll(codes, patience).toMatchObject([{ labels: { response_code: '403' } }])
})

test("a canary is slower than v1, and another hangs for some, in the pods' own durations", async () => {
  await compare('slower', 1000)
  // 30 % against 18 % of 500 each: deviations of 2 %.
  await expect.poll(() => slowerThan(25, 'slower'), patience).toBeGreaterThan(0.2)
  expect(await slowerThan(25, 'slower')).toBeGreaterThan(await slowerThan(25, 'v1'))
  // 12 of 600 are expected.
  await compare('hanging', 1200)
  await expect.poll(() => slowerThan(2500, 'hanging'), patience).toBeGreaterThan(0)
  expect(await slowerThan(2500, 'v1')).toBe(0)
})

test('an incident hits all versions while they run, and ends', async () => {
  const versions = async () => Object.keys(answersByVersion(await send(100)))
  await shop.apply(demoDestinationRule({ name: 'reviews', namespace, versions: ['v1', 'hanging'] }))
  await shop.apply(route({ v1: 50, hanging: 50 }))
  await expect.poll(versions, patience).toHaveLength(2)
  behave(env, namespace, { all: { ERROR_RATE: 1, ERROR_STATUS: 501 } })
  await expect
    .poll(async () => (await send(100)).outcomes.map((one) => one.status), patience)
    .toEqual([501, 501])
  behave(env, namespace, { all: { ERROR_RATE: 0 } })
  await expect
    .poll(async () => (await send(100)).outcomes.map((one) => one.status), patience)
    .toEqual([200, 200])
})

test('one pod of a version is bad while the other is well', async () => {
  await shop.apply(route({ v1: 100 }))
  const name = (await shop.pods({ version: 'v1' }))[0]?.metadata?.name ?? ''
  behave(env, namespace, { pods: { [name]: { ERROR_RATE: 1, ERROR_STATUS: 502 } } })
  await expect.poll(statusOfNext, patience).toBe(502)
  const report = await send(100)
  expect(countOutcomes(report, (one) => one.status === 200)).toBeGreaterThan(10)
  const bad = async () => sumsOf(env, `istio_requests_total${of('response_code="502"')}`, ['pod'])
  await expect.poll(bad, patience).toMatchObject([{ labels: { pod: name } }])
})
