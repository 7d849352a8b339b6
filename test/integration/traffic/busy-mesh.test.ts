import { afterAll, beforeAll, expect, it } from 'vitest'
import axios from 'axios'
import { Shop, hasWeight } from '../../../sandbox/kit/shop.ts'
import { untilReachable } from '../../../sandbox/kit/reach.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { startLoadProcess } from '../../../sandbox/load/index.ts'
import type { LoadProcess } from '../../../sandbox/load/index.ts'
import { markOf } from '../../../src/core/traffic/mark.ts'
import { subsetName } from '../../../src/core/traffic/subsets.ts'
import type { DestinationRule, VirtualService } from '../../../src/core/traffic/types.ts'
import { cheapSpec, release, releaseOver } from '../../e2e/harness.ts'
import { record } from '../recording.ts'
import type { Recording } from '../recording.ts'
import { openBusyMesh, sidecarAdmin, trafficOf } from './busy-mesh.ts'
import type { BusyMesh } from './busy-mesh.ts'
import { foreignText, policiesOf, sharesOf } from './foreign.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

let sluice: SluiceProcess
let shop: Shop
let mesh: BusyMesh
let loads: LoadProcess[]
let inside: Recording<VirtualService>
let outside: Recording<VirtualService>
let rules: Recording<DestinationRule>

beforeAll(async () => {
  const env = workerSandbox()
  shop = new Shop(env, `busy-mesh-${Date.now().toString(36)}`)
  mesh = await openBusyMesh(shop)
  const sidecar = await sidecarAdmin(env, shop.namespace, 'productpage-p1')
  const settings = { SLUICE_ENVOY_ADMIN: `${env.envoyAdmin},${sidecar}` }
  sluice = await startSluice(env, { settings })
  await sluice.ready()
  loads = await Promise.all(
    [mesh.host, mesh.callerHost].map(async (host) => {
      await untilReachable(env, host)
      return startLoadProcess({ url: env.gateway, host, ratePerSecond: 60 })
    }),
  )
  inside = await record(shop, 'virtualservices')
  outside = await record(shop, 'virtualservices', mesh.edge)
  rules = await record(shop, 'destinationrules')
  await shop.applyRollout(cheapSpec('v1', { traffic: trafficOf(mesh) }))
  await shop.status('v1 is stable', ({ stableVersion }) => stableVersion === 'v1')
})

afterAll(async () => {
  for (const recording of [inside, outside, rules]) recording.stop()
  for (const load of loads) await load.stop()
  await shop.core.deleteNamespace({ name: mesh.edge })
  await shop.close()
  await sluice.stop()
})

const CANARY = subsetName('v2')
const weights = ([name]: readonly [string, unknown]) => name.startsWith('v')

/** Percent that each written version gave to the canary among the service's own destinations. */
function percents(recording: Recording<VirtualService>, route: string, subset: string): number[] {
  const all = recording.versions.map((object) => {
    const own = sharesOf(object, route).filter(weights)
    const sum = own.reduce((total, [, weight]) => total + (weight ?? 100), 0)
    const canary = own.find(([name]) => name === subset)
    return canary === undefined ? 0 : Math.round((100 * (canary[1] ?? 100)) / sum)
  })
  return all.filter((percent, place) => percent !== all[place - 1])
}

/** Requests to a version, as the proxies of a workload counted them. */
async function requestsFrom(workload: string, version: string): Promise<number> {
  const service = `reviews.${shop.namespace}.svc.cluster.local`
  const labels = `destination_service="${service}",source_workload="${workload}",destination_version="${version}"`
  const query = `sum(istio_requests_total{${labels}})`
  const { data } = await axios.get<{ data: { result: { value: [number, string] }[] } }>('/api/v1/query', {
    baseURL: workerSandbox().prometheus,
    params: { query },
  })
  return Number(data.data.result[0]?.value[1] ?? 0)
}

it('a promotion reaches the proxies of mesh and gateway, each route in the measure of its own weights', async () => {
  await release(shop, 'v2')
  await shop.status('v2 at 50 %', (status) => hasWeight(status, 50) || status.stableVersion === 'v2')
  const status = await releaseOver(shop, 'v2')
  expect(status.history?.[0]).toMatchObject({ from: 'v1', to: 'v2', result: 'Promoted' })
  expect(percents(inside, 'api', CANARY)).toEqual([0, 20, 50, 100])
  // Of three parts there are thirds only.
  expect(percents(inside, 'primary', CANARY)).toEqual([0, 33, 67, 100])
  expect(percents(outside, 'web', CANARY)).toEqual([0, 20, 50, 100])
  for (const workload of ['istio-ingressgateway', 'productpage-p1'])
    expect(await requestsFrom(workload, 'v2')).toBeGreaterThan(16)
})

it('its end is one version everywhere, with the shares that the routes had', async () => {
  const object = await shop.virtualService()
  expect(sharesOf(object, 'api')).toEqual([[CANARY, undefined]])
  expect(sharesOf(object, 'primary')).toEqual([
    ['l1', 1],
    [CANARY, 3],
  ])
  const edge = outside.versions.at(-1)
  expect(edge && sharesOf(edge, 'web')).toEqual([
    [CANARY, 120],
    ['l1', 30],
  ])
  const rule = await shop.destinationRule()
  expect(rule.spec.subsets?.map(({ name }) => name)).toEqual([CANARY])
})

it('a bad version is taken back everywhere', async () => {
  const [before, edge] = [await shop.virtualService(), outside.versions.at(-1)]
  await release(shop, 'v3', { ERROR_RATE: 1 })
  const status = await releaseOver(shop, 'v3')
  expect(status.history?.[0]).toMatchObject({ to: 'v3', result: 'RolledBack' })
  expect((await shop.virtualService()).spec).toEqual(before.spec)
  await eventually('the last write is recorded', async () => {
    const last = outside.versions.at(-1)
    return last && markOf(last, `${shop.namespace}/reviews`)?.canary === undefined
  })
  expect(outside.versions.at(-1)?.spec).toEqual(edge?.spec)
  expect(percents(outside, 'web', subsetName('v3'))).toEqual([0, 20, 0])
})

it('no write of all these has changed anything that is not ours', () => {
  const own = ['reviews', `reviews.${shop.namespace}.svc.cluster.local`]
  const texts = [
    inside.versions.map((object) => foreignText(object, ['api', 'primary'], own)),
    outside.versions.map((object) => foreignText(object, ['web'], own)),
    rules.versions.map((object) => foreignText(object, [], own)),
  ]
  for (const versions of texts) {
    expect(versions.length).toBeGreaterThanOrEqual(5)
    expect([...new Set(versions)]).toHaveLength(1)
  }
  const policies = rules.versions.flatMap(policiesOf).map((one) => JSON.stringify(one))
  expect([...new Set(policies)]).toHaveLength(1)
})

it('no request failed for a reason of ours, at the gateway or inside the mesh', async () => {
  const [gateway, caller] = await Promise.all(loads.map(async (load) => load.snapshot()))
  expect([gateway, caller].map((report) => report?.foreign)).toEqual([[], []])
  // What the caller gets from reviews by its own proxy it hands on as 502, v3's errors included.
  expect(gateway?.outcomes.filter(({ origin, status }) => origin === 'mesh' && (status ?? 0) >= 500)).toEqual(
    [],
  )
})
