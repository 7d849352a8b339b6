import { beforeEach, describe, expect, it } from 'vitest'
import { Reconciler } from '../../src/controller/reconcile.ts'
import type { Wanted } from '../../src/core/machine/state.ts'
import { markOf } from '../../src/core/traffic/mark.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import type { DestinationRule, VirtualService } from '../../src/core/traffic/types.ts'
import { minimalSpec } from '../api/specs.ts'
import { KEY, ROLLOUT, SERVICE, aVirtualService, to } from '../core/shop.ts'
import { FakeCluster } from '../fakes/cluster.ts'
import { FakeShop } from '../fakes/shop.ts'

const HOST = 'reviews.shop.svc.cluster.local'
const GENERATED = { gateways: ['ingress/public'], hosts: ['reviews.example.com'] }

let cluster: FakeCluster
let shop: FakeShop
let delivered: Wanted[]
let reconciler: Reconciler

beforeEach(() => {
  cluster = new FakeCluster()
  shop = new FakeShop(cluster)
  for (const kind of ['VirtualService', 'DestinationRule']) cluster.store.delete(kind, SERVICE)
  shop.run('v1', 2)
  delivered = []
  const engine = {
    deliver: async (_: unknown, wanted: Wanted) => void delivered.push(wanted),
    open: async () => new Set<string>(),
  }
  reconciler = new Reconciler({ ...cluster.ports, making: cluster.making, engine })
  want({ version: 'v1' })
})

function want(changes: object, generated: object = GENERATED, service = 'reviews'): void {
  cluster.store.change('Rollout', ROLLOUT, (object) => ({
    ...object,
    spec: { ...minimalSpec, ...changes, traffic: { service, generated } },
  }))
}

/** Lets the controller look until it has nothing more to do by itself. */
async function settle(): Promise<void> {
  for (let pass = 0; pass < 10; pass++) if ((await reconciler.reconcile(KEY)) === undefined) return
  throw new Error('the controller does not come to rest')
}

function objectOf(kind: 'VirtualService'): VirtualService | undefined
function objectOf(kind: 'DestinationRule'): DestinationRule | undefined
function objectOf(kind: string): unknown {
  return cluster.store.read(kind, SERVICE)
}

describe('a Rollout that asks for objects of its own', () => {
  it('gets the subset first, and the VirtualService when the proxies know it', async () => {
    cluster.proxies.hold()
    expect(await reconciler.reconcile(KEY)).toBeGreaterThan(0)
    expect(objectOf('DestinationRule')?.spec).toEqual({
      host: HOST,
      subsets: [{ name: subsetName('v1'), labels: { version: 'v1' } }],
    })
    expect(await reconciler.reconcile(KEY)).toBeGreaterThan(0)
    expect(objectOf('VirtualService')).toBeUndefined()
    expect(shop.status.message).toContain('as soon as the proxies know the subset of v1')

    cluster.proxies.follow()
    await settle()
    expect(objectOf('VirtualService')?.spec).toEqual({
      hosts: [HOST, 'reviews.example.com'],
      gateways: ['mesh', 'ingress/public'],
      http: [{ name: 'primary', route: [{ destination: { host: HOST, subset: subsetName('v1') } }] }],
    })
    expect(shop.status).toMatchObject({ stableVersion: 'v1', message: 'users have v1' })
    expect(delivered).toEqual([])
  })

  it('begins with what initialVersion says when several versions are alive', async () => {
    shop.run('v2', 2)
    want({ version: 'v2', initialVersion: 'v1' })
    await settle()
    expect(markOf(objectOf('VirtualService')!, KEY)).toMatchObject({ stable: 'v1', generated: true })
    expect(delivered).toMatchObject([{ version: 'v2' }])
  })

  it('is told what is missing when nobody knows what users have', async () => {
    shop.run('v2', 2)
    want({ version: 'v2' })
    await settle()
    expect(shop.status.message).toContain('set spec.initialVersion (with ready pods: v1, v2)')
    expect(objectOf('DestinationRule')).toBeUndefined()
  })

  it('gets no VirtualService before a pod of the version that users have is ready', async () => {
    shop.setReady('v1', false)
    want({ version: 'v1', initialVersion: 'v1' })
    await reconciler.reconcile(KEY)
    expect(await reconciler.reconcile(KEY)).toBe(1000)
    expect(objectOf('VirtualService')).toBeUndefined()
  })

  it('is refused where another VirtualService has the host in the mesh', async () => {
    const rival = aVirtualService([to('v1')])
    const metadata = { name: 'rival', namespace: 'shop' }
    cluster.store.create({
      ...rival,
      metadata,
      spec: { ...rival.spec, hosts: ['reviews'], gateways: ['gw', 'mesh'] },
    })
    await settle()
    expect(shop.status.message).toContain(
      `VirtualService shop/rival has the host ${HOST} in the mesh already`,
    )
    expect(objectOf('DestinationRule')).toBeUndefined()
  })

  it('leaves objects alone that have its name and are somebody else’s', async () => {
    cluster.store.create(aVirtualService([to('v1')]))
    await settle()
    expect(shop.status.message).toContain("VirtualService shop/reviews is there and is not Sluice's")
    expect(objectOf('VirtualService')?.spec).toEqual(aVirtualService([to('v1')]).spec)
  })

  it('gets its VirtualService again when somebody deletes it, with the version that users have', async () => {
    await settle()
    cluster.store.delete('VirtualService', SERVICE)
    await settle()
    expect(objectOf('VirtualService')?.spec.http?.[0]?.route?.[0]?.destination.subset).toBe(subsetName('v1'))
  })

  it('may change gateways and hosts between releases', async () => {
    await settle()
    want({ version: 'v1' }, { hosts: ['shop.example.com'] })
    await settle()
    expect(objectOf('VirtualService')?.spec).toMatchObject({ hosts: [HOST, 'shop.example.com'] })
    expect(objectOf('VirtualService')?.spec).not.toHaveProperty('gateways')
  })
})

describe('a release under way with objects of its own', () => {
  it('hears what is wanted though somebody else has its host in the mesh meanwhile', async () => {
    await settle()
    const release = { id: 'v2-x-2', seq: 20, version: 'v2', templateHash: 'x', phase: 'Observing', step: 1 }
    const rollout = cluster.store.read('Rollout', ROLLOUT)!
    cluster.store.replaceStatus({ ...rollout, status: { ...shop.status, release } })
    const { spec } = objectOf('VirtualService')!
    cluster.store.create({ ...aVirtualService(), metadata: { name: 'copy', namespace: 'shop' }, spec })
    await settle()
    expect(delivered).toMatchObject([{ version: 'v1' }])
  })
})

describe('a Rollout that names another Service than its objects were made for', () => {
  const toService = (service: string) => want({ version: 'v1' }, GENERATED, service)

  beforeEach(async () => {
    await settle()
    const metadata = { name: 'ratings', namespace: 'shop' }
    cluster.store.create({ kind: 'Service', metadata, spec: { selector: { app: 'ratings' } } })
  })

  it('is told so, nothing is written, and nothing is released', async () => {
    const before = [objectOf('VirtualService'), objectOf('DestinationRule')]
    want({ version: 'v2' }, { hosts: ['ratings.example.com'] }, 'ratings')
    await settle()
    expect(shop.status.message).toContain(`DestinationRule shop/reviews was made for ${HOST}`)
    expect(shop.status.message).toContain('spec.traffic.service')
    expect([objectOf('VirtualService'), objectOf('DestinationRule')]).toEqual(before)
    expect(delivered).toEqual([])
    toService('reviews')
    await settle()
    expect(shop.status.message).toBe('users have v1')
  })

  it('gets no new DestinationRule in the place of one that was deleted', async () => {
    cluster.store.delete('DestinationRule', SERVICE)
    toService('ratings')
    await settle()
    expect(shop.status.message).toContain(`VirtualService shop/reviews was made for ${HOST}`)
    expect(objectOf('DestinationRule')).toBeUndefined()
  })
})

describe('a Rollout that is gone', () => {
  it('takes its objects along: the VirtualService first, the subsets when no proxy sends to them', async () => {
    await settle()
    cluster.store.delete('Rollout', ROLLOUT)
    cluster.proxies.hold()
    expect(await reconciler.reconcile(KEY)).toBeGreaterThan(0)
    expect(objectOf('VirtualService')).toBeUndefined()
    expect(await reconciler.reconcile(KEY)).toBeGreaterThan(0)
    expect(objectOf('DestinationRule')).toBeDefined()
    cluster.proxies.follow()
    await settle()
    expect(objectOf('DestinationRule')).toBeUndefined()
  })

  it('leaves copies alone that somebody made of its objects, and takes its mark off them', async () => {
    await settle()
    const elsewhere = { namespace: 'staging', name: 'reviews' }
    for (const object of [objectOf('VirtualService')!, objectOf('DestinationRule')!])
      cluster.store.create({
        ...object,
        metadata: { ...elsewhere, annotations: object.metadata.annotations },
      })
    cluster.store.delete('Rollout', ROLLOUT)
    await reconciler.reconcile(KEY)
    expect(objectOf('VirtualService')).toBeUndefined()
    for (const kind of ['VirtualService', 'DestinationRule'])
      expect(cluster.store.read(kind, elsewhere)?.metadata['annotations']).toBeUndefined()
    expect(cluster.store.read('VirtualService', elsewhere)?.['spec']).toBeDefined()
    expect(cluster.store.read('DestinationRule', elsewhere)?.['spec']).toBeDefined()
  })

  it('leaves its subsets for as long as somebody’s VirtualService names them', async () => {
    await settle()
    const copy = { namespace: 'staging', name: 'reviews' }
    cluster.store.create({ ...objectOf('VirtualService')!, metadata: copy })
    cluster.store.delete('Rollout', ROLLOUT)
    await reconciler.reconcile(KEY)
    expect(await reconciler.reconcile(KEY)).toBe(5000)
    expect(objectOf('DestinationRule')).toBeDefined()
    cluster.store.delete('VirtualService', copy)
    await settle()
    expect(objectOf('DestinationRule')).toBeUndefined()
  })
})
