import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ObjectRef } from '../../src/api/names.ts'
import { Reconciler } from '../../src/controller/reconcile.ts'
import type { Wanted } from '../../src/core/machine/state.ts'
import { markOf, withMark } from '../../src/core/traffic/mark.ts'
import type { Mark } from '../../src/core/traffic/mark.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import type { DestinationRule, VirtualService } from '../../src/core/traffic/types.ts'
import type { Mesh } from '../../src/ports.ts'
import { RefusedError } from '../../src/ports.ts'
import { minimalSpec } from '../api/specs.ts'
import { KEY, ROLLOUT, SERVICE, aDestinationRule, aSubset, aVirtualService, to } from '../core/shop.ts'
import { FakeCluster } from '../fakes/cluster.ts'
import { FakeShop } from '../fakes/shop.ts'

const MARK: Mark = { rollout: KEY, uid: ROLLOUT.uid, release: 'v1-a-2', seq: 9, stable: 'v1' }
const OWN = { namespace: 'shop', name: 'own' }
const S1 = subsetName('v1')

let cluster: FakeCluster
let shop: FakeShop
let delivered: Wanted[]
let mesh: Mesh
let reconciler: Reconciler

beforeEach(() => {
  cluster = new FakeCluster()
  shop = new FakeShop(cluster)
  shop.run('v1', 2)
  delivered = []
  const engine = {
    deliver: async (_: unknown, wanted: Wanted) => void delivered.push(wanted),
    open: async () => new Set<string>(),
  }
  mesh = { ...cluster.ports.mesh }
  reconciler = new Reconciler({ ...cluster.ports, mesh, making: cluster.making, engine })
})

function want(traffic: object, version = 'v1'): void {
  const spec = { ...minimalSpec, version, traffic: { service: 'reviews', ...traffic } }
  cluster.store.change('Rollout', ROLLOUT, (object) => ({ ...object, spec }))
}

function existing(name: string, rule = 'reviews'): object {
  return { existing: { virtualServices: [{ name }], destinationRule: { name: rule } } }
}

function setPhase(phase: string): void {
  const release = { id: 'v1-a-2', seq: 9, phase, version: 'v1', templateHash: '', step: 1, steps: 1 }
  const rollout = cluster.store.read('Rollout', ROLLOUT)!
  cluster.store.replaceStatus({ ...rollout, status: { ...shop.status, stableVersion: 'v1', release } })
}

/** Lets the controller look until it has nothing more to do by itself. */
async function settle(): Promise<void> {
  for (let pass = 0; pass < 10; pass++) if ((await reconciler.reconcile(KEY)) === undefined) return
  throw new Error('the controller does not come to rest')
}

function read(kind: 'VirtualService', ref?: ObjectRef): VirtualService | undefined
function read(kind: 'DestinationRule', ref?: ObjectRef): DestinationRule | undefined
function read(kind: string, ref: ObjectRef = SERVICE): unknown {
  return cluster.store.read(kind, ref)
}

function mark(object: VirtualService | DestinationRule, changes: Partial<Mark> = {}): void {
  cluster.store.replace({ ...withMark(object, KEY, { ...MARK, ...changes }) })
}

/** A VirtualService of the user's own, which has the host of the service in the mesh. */
function ownRoute(subset: string): void {
  const { spec } = aVirtualService([to(subset, 100)])
  cluster.store.create({ ...aVirtualService(), metadata: OWN, spec: { ...spec, hosts: ['reviews'] } })
}

function ownRule(subset: string): void {
  cluster.store.create({ ...aDestinationRule([aSubset('v1', { name: subset })]), metadata: OWN })
}

describe('objects that the spec does not name any more', () => {
  beforeEach(() => {
    ownRoute('v1')
    mark(shop.virtualService)
    mark(shop.destinationRule)
    want(existing('own'))
  })

  it('lose the mark when the release is over, and the spec in order', async () => {
    setPhase('Done')
    await settle()
    expect(markOf(shop.virtualService, KEY)).toBeUndefined()
    expect(shop.virtualService.metadata.annotations).toEqual({ 'example.com/note': 'keep' })
    expect(markOf(shop.destinationRule, KEY)).toBeDefined()
  })

  it('keep it while the spec names an object that is not there, or may be refused for another reason', async () => {
    want(existing('absent'))
    setPhase('Done')
    await settle()
    expect(markOf(shop.virtualService, KEY)).toBeDefined()
  })

  it.each(['Observing', 'Retaining', 'Refused'])('keep it while the release is %s', async (phase) => {
    setPhase(phase)
    await settle()
    expect(markOf(shop.virtualService, KEY)).toBeDefined()
    setPhase('Done')
    await settle()
    expect(markOf(shop.virtualService, KEY)).toBeUndefined()
  })

  it('keep it where the spec has changed since it was read, and another controller has settled that', async () => {
    setPhase('Done')
    const { store } = cluster.ports
    const updateStatus = store.updateStatus.bind(store)
    vi.spyOn(store, 'updateStatus').mockImplementationOnce(async (...given) => {
      await updateStatus(...given)
      want(existing('reviews'))
      const rollout = cluster.store.read('Rollout', ROLLOUT)!
      const { conditions = [] } = shop.status
      const observedGeneration = store.get(ROLLOUT)!.meta.generation
      const settled = conditions.map((condition) => ({ ...condition, observedGeneration }))
      cluster.store.replaceStatus({ ...rollout, status: { ...shop.status, conditions: settled } })
    })
    await reconciler.reconcile(KEY)
    expect(markOf(shop.virtualService, KEY)).toBeDefined()
  })

  it('keep a mark that tells of a release without an end', async () => {
    mark(shop.virtualService, { canary: 'v2' })
    await settle()
    expect(markOf(shop.virtualService, KEY)).toBeDefined()
  })

  it('keep nobody from being told what users have where they cannot be written', async () => {
    setPhase('Done')
    mesh.write = async () => Promise.reject(new RefusedError('not yours'))
    await expect(reconciler.reconcile(KEY)).rejects.toThrow('not yours')
    expect(shop.status.message).toBe('users have v1')
    want(existing('own'), 'v2')
    await settle()
    expect(delivered).toMatchObject([{ version: 'v2' }])
  })

  it('are looked for once in a generation', async () => {
    await settle()
    const looks = vi.spyOn(mesh, 'virtualServices')
    await settle()
    expect(looks).not.toHaveBeenCalled()
    want(existing('reviews'))
    await settle()
    expect(looks).toHaveBeenCalled()
  })
})

describe('objects of Sluice’s own', () => {
  beforeEach(async () => {
    want({ generated: {} })
    for (const kind of ['VirtualService', 'DestinationRule']) cluster.store.delete(kind, SERVICE)
    await settle()
  })

  it('go when the spec names others: not before these lead to pods, and the subsets last', async () => {
    want(existing('own', 'own'))
    await reconciler.reconcile(KEY)
    expect(read('VirtualService')).toBeDefined()

    cluster.proxies.hold()
    ownRule('v1')
    ownRoute('v1')
    expect(await reconciler.reconcile(KEY)).toBeGreaterThan(0)
    expect(read('VirtualService')).toBeDefined()

    cluster.proxies.follow()
    await reconciler.reconcile(KEY)
    expect(read('VirtualService')).toBeUndefined()
    expect(read('DestinationRule')).toBeDefined()
    await settle()
    expect(read('DestinationRule')).toBeUndefined()
    expect(read('VirtualService', OWN)).toBeDefined()
    expect(shop.status.message).toBe('users have v1')
  })

  it('stay where a VirtualService names their subset, and are seldom looked at', async () => {
    ownRoute('v1')
    ownRule('v1')
    const { spec } = aVirtualService([to(S1, 100)])
    const metadata = { namespace: 'shop', name: 'testers' }
    cluster.store.create({ ...aVirtualService(), metadata, spec: { ...spec, hosts: ['testers'] } })
    want(existing('own', 'own'))
    await reconciler.reconcile(KEY)
    expect(await reconciler.reconcile(KEY)).toBe(5000)
    expect(read('DestinationRule')).toBeDefined()
  })

  it('go though a VirtualService names their subset, if another DestinationRule has it', async () => {
    ownRule(S1)
    want(existing('reviews', 'own'))
    await settle()
    expect(read('VirtualService')).toBeDefined()
    expect(read('DestinationRule')).toBeUndefined()
  })

  it('are their owner’s when the spec names them, and stay when the Rollout goes', async () => {
    want(existing('reviews'))
    await settle()
    expect(markOf(read('VirtualService')!, KEY)).not.toHaveProperty('generated')
    expect(markOf(read('DestinationRule')!, KEY)).not.toHaveProperty('generated')
    cluster.store.delete('Rollout', ROLLOUT)
    await settle()
    expect(read('VirtualService')).toBeDefined()
    expect(read('DestinationRule')?.metadata.annotations).toBeUndefined()
  })
})
