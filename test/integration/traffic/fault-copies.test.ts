import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Shop } from '../../../sandbox/kit/shop.ts'
import { countOutcomes, startLoadProcess } from '../../../sandbox/load/index.ts'
import type { LoadProcess } from '../../../sandbox/load/index.ts'
import { applyObjects, demoDestinationRule, demoVirtualService } from '../../../sandbox/manifests/index.ts'
import type { MeshManifest } from '../../../sandbox/manifests/mesh.ts'
import { withCopies } from '../../../src/core/faults/copies.ts'
import { injectFault } from '../../../src/core/faults/edits.ts'
import type { FaultRecord } from '../../../src/core/faults/record.ts'
import type { HttpRoute, VirtualService } from '../../../src/core/traffic/types.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** What istiod and Envoy make of the routes by which a fault meets the calls of some pods only. */

const env = workerSandbox()
const namespace = `copies-${process.pid}`
const reviews = new Shop(env, namespace)
const ratings = reviews.beside('ratings')
const patience = { timeout: 60_000, interval: 100 }
const loads: LoadProcess[] = []

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
  for (const load of loads.splice(0)) await load.stop()
})

async function send(host: string): Promise<LoadProcess> {
  const load = await startLoadProcess({ url: env.gateway, host, path: '/', ratePerSecond: 50 })
  loads.push(load)
  return load
}

const count = async (load: LoadProcess, version: string, status: number) =>
  countOutcomes(await load.snapshot(), (one) => one.version === version && one.status === status)

/** Routes of which some name gateways, as one finds them; calls are given up after a second, and tried again. */
async function route(changes: Partial<HttpRoute> = {}): Promise<VirtualService> {
  const plain = demoVirtualService({ name: 'ratings', namespace, weights: { v1: 100 } })
  const gateway = 'istio-system/sluice-gateway'
  const [{ route: destinations }] = plain.spec['http'] as [HttpRoute]
  const http = [
    { name: 'edge', match: [{ gateways: [gateway], uri: { prefix: '/edge' } }], route: destinations },
    {
      name: 'all',
      match: [{ gateways: [gateway, 'mesh'], uri: { prefix: '/' } }],
      timeout: '1s',
      retries: { attempts: 2, retryOn: '5xx' },
      route: destinations,
      ...changes,
    },
  ]
  const routed: MeshManifest = { ...plain, spec: { ...plain.spec, http } }
  await applyObjects(ratings.config, [routed])
  return ratings.virtualService()
}

function faultFor(version: string, fault: Pick<FaultRecord, 'abort' | 'delay'>): FaultRecord {
  return {
    id: 'abc1234',
    name: 'ratings-down',
    owner: `${namespace}/reviews`,
    reason: 'a test',
    host: ratings.host,
    injectedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + 600_000).toISOString(),
    meets: { kind: 'Callers', namespace, labels: { app: 'reviews', version } },
    ...fault,
  }
}

const ABORT = { abort: { percent: 100, httpStatus: 503 } }

async function write({ metadata, ...object }: VirtualService): Promise<void> {
  const { name, annotations } = metadata
  await applyObjects(ratings.config, [
    { ...object, metadata: { name, namespace, ...(annotations && { annotations }) } },
  ])
}

function injected(object: VirtualService, record: FaultRecord): VirtualService {
  const edited = injectFault(record, namespace)(object)
  if ('refused' in edited) throw new Error(edited.refused)
  return edited.object
}

test('an abort meets the calls of one version, and no other caller, whatever gateways the routes name', async () => {
  await write(injected(await route(), faultFor('v2', ABORT)))
  const [callers, edge] = [await send(reviews.host), await send(ratings.host)]
  await expect.poll(() => count(callers, 'v2', 502), patience).toBeGreaterThan(50)
  await expect.poll(() => count(callers, 'v1', 200), patience).toBeGreaterThan(50)
  expect(await count(callers, 'v1', 502)).toBe(0)
  const { outcomes } = await edge.snapshot()
  expect(outcomes.map(({ version, status }) => [version, status])).toEqual([['v1', 200]])
})

test('a copy that kept its gateways would meet everybody: what the rules above are for', async () => {
  const own = await route()
  const [copy, ...others] = withCopies(own, [faultFor('v2', ABORT)]).spec.http ?? []
  const gateways = ['istio-system/sluice-gateway', 'mesh']
  const match = ((copy?.['match'] ?? []) as object[]).map((one) => ({ gateways, ...one }))
  const naive = { ...copy, match }
  await write({ ...own, spec: { ...own.spec, http: [naive, ...others] } })
  const callers = await send(reviews.host)
  await expect.poll(() => count(callers, 'v1', 502), patience).toBeGreaterThan(0)
})

test('timeouts and retries of a route stay in its copies, and do nothing where the fault is', async () => {
  const object = injected(await route(), faultFor('v2', { delay: { percent: 100, delayMs: 1500 } }))
  const copy = object.spec.http?.find(({ name }) => name?.startsWith('sluice-fault-'))
  expect(copy).toMatchObject({ timeout: '1s', retries: { attempts: 2, retryOn: '5xx' } })
  await write(object)
  const callers = await send(reviews.host)
  // A timeout of one second would give 502 of all calls that wait for longer.
  const slow = async () =>
    (await callers.snapshot()).latency.find(({ version }) => version === 'v2')?.max ?? 0
  await expect.poll(slow, patience).toBeGreaterThan(1500)
  expect(await count(callers, 'v2', 502)).toBe(0)
})
