import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Shop } from '../../../sandbox/kit/shop.ts'
import { countOutcomes, startLoadProcess } from '../../../sandbox/load/index.ts'
import type { LoadProcess } from '../../../sandbox/load/index.ts'
import { applyObjects, demoDestinationRule, demoVirtualService } from '../../../sandbox/manifests/index.ts'
import type { MeshManifest } from '../../../sandbox/manifests/mesh.ts'
import { sumsOf } from './istio-metrics.ts'
import type { Sum } from './istio-metrics.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const namespace = `faults-${process.pid}`
const reviews = new Shop(env, namespace)
const ratings = reviews.beside('ratings')
const patience = { timeout: 60_000, interval: 250 }
const ABORT = { abort: { percentage: { value: 100 }, httpStatus: 503 } }
const DELAY = { delay: { percentage: { value: 100 }, fixedDelay: '0.02s' } }
let load: LoadProcess | undefined

beforeAll(async () => {
  await ratings.open({}, { replicas: 1 })
  const calling = { DEPENDENCY: 'ratings', ON_DEPENDENCY_FAILURE: 'fail' }
  await reviews.open(calling, { replicas: 1 })
  await reviews.deploy('v2', calling, 1)
  await reviews.podsReady('v2', 1)
  await applyObjects(reviews.config, [
    demoDestinationRule({ name: 'reviews', namespace, versions: ['v1', 'v2'] }),
    demoVirtualService({ name: 'reviews', namespace, weights: { v1: 50, v2: 50 } }),
  ])
})
afterAll(() => reviews.close())
afterEach(async () => {
  await load?.stop()
  load = undefined
})

const send = () => startLoadProcess({ url: env.gateway, host: reviews.host, path: '/', ratePerSecond: 50 })

/** Answers of a version so far, by status. */
async function answers(version: string, status: number): Promise<number> {
  if (!load) return 0
  return countOutcomes(await load.snapshot(), (one) => one.version === version && one.status === status)
}

/** Puts a fault before calls of v2 alone, as a probe does. */
async function faultForV2(fault: object): Promise<void> {
  const plain = demoVirtualService({ name: 'ratings', namespace, weights: { v1: 100 } })
  const [primary] = plain.spec['http'] as { route: object[] }[]
  const match = [{ sourceLabels: { app: 'reviews', version: 'v2' }, sourceNamespace: namespace }]
  const probe = { name: 'probe', match, fault, route: primary?.route }
  const probed: MeshManifest = { ...plain, spec: { ...plain.spec, http: [probe, primary] } }
  await applyObjects(ratings.config, [probed])
}

/** Calls by the pods of reviews that Prometheus has, by who made them and whom they were for. */
const calls = (flag: string, by = ['source_workload', 'destination_service']): Promise<Sum[]> =>
  sumsOf(env, `istio_requests_total{source_workload_namespace="${namespace}",response_flags="${flag}"}`, by)

const faultsOfV2 = (value: number): Sum[] => [
  { labels: { source_workload: 'reviews-v2', destination_service: 'unknown' }, value },
]

test('an abort is counted as FI, as often as the version that it is for has met it, and for nobody else', async () => {
  load = await send()
  await expect.poll(() => answers('v1', 200), patience).toBeGreaterThan(0)
  await expect.poll(() => answers('v2', 200), patience).toBeGreaterThan(0)
  await faultForV2(ABORT)
  await expect.poll(() => answers('v2', 502), patience).toBeGreaterThan(50)
  await load.stop()
  expect(await answers('v1', 502)).toBe(0)
  await expect.poll(() => calls('FI'), patience).toEqual(faultsOfV2(await answers('v2', 502)))
  // Whom an aborted call was for is not told, so no call of ratings is taken for a fault, nor a fault for its answer.
  const codes = await calls('-', ['destination_service', 'response_code'])
  expect(codes.map(({ labels }) => labels)).toEqual([
    { destination_service: ratings.host, response_code: '200' },
  ])
  expect(await calls('DI')).toEqual([])
})

test('a delay is counted as DI, beside the call that is sent on late', async () => {
  const ordinary = async () =>
    (await calls('-')).find(({ labels }) => labels['source_workload'] === 'reviews-v2')?.value ?? 0
  await faultForV2(ABORT)
  load = await send()
  await expect.poll(() => answers('v2', 502), patience).toBeGreaterThan(0)
  const [before, aborted] = [await ordinary(), await calls('FI')]
  await faultForV2(DELAY)
  await expect.poll(() => answers('v2', 200), patience).toBeGreaterThan(50)
  await load.stop()
  // Until the delay was there v2 met the abort, so all that it got an answer to was delayed.
  const delayed = await answers('v2', 200)
  await expect.poll(() => calls('DI'), patience).toEqual(faultsOfV2(delayed))
  await expect.poll(ordinary, patience).toBe(before + delayed)
  expect((await calls('FI'))[0]?.value).toBeGreaterThanOrEqual(aborted[0]?.value ?? 0)
})

test("pods with a proxy have the injector's annotation, and those without have not", async () => {
  const annotated = async (shop: Shop) =>
    (await shop.pods('v1')).map(({ metadata }) => metadata?.annotations?.['sidecar.istio.io/status'] ?? '')
  expect(await annotated(reviews)).toEqual([expect.stringContaining('istio-proxy')])
  expect(await annotated(ratings)).toEqual([''])
})
