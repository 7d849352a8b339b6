import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Controller } from '../../src/controller/controller.ts'
import { startFaultKeeper } from '../../src/controller/faults.ts'
import type { KeeperPorts } from '../../src/controller/faults.ts'
import type { Departure } from '../../src/core/faults/leaving.ts'
import { madeVirtualService } from '../../src/core/faults/made.ts'
import { faultsOf, withFaultRecords } from '../../src/core/faults/record.ts'
import { withFaults } from '../../src/core/faults/render.ts'
import type { HttpRoute, MeshObject, VirtualService } from '../../src/core/traffic/types.ts'
import type { MeshRef, Watches, WatchedKind } from '../../src/ports.ts'
import { RELEASE, aRecord, aTarget, injected, isoAt } from '../core/faults/scene.ts'
import { ROLLOUT, START } from '../core/shop.ts'
import { FakeCluster } from '../fakes/cluster.ts'
import { FakeMeshEvents } from '../fakes/mesh-events.ts'

const REF: MeshRef = { kind: 'VirtualService', namespace: 'shop', name: 'ratings' }

let cluster: FakeCluster
let events: FakeMeshEvents
let removed: Departure[]
let failed: string[]
let keepers: Controller[]
let ports: KeeperPorts

beforeEach(() => {
  vi.useFakeTimers({ now: START })
  cluster = new FakeCluster(() => Date.now())
  events = new FakeMeshEvents()
  removed = []
  failed = []
  keepers = []
  const faultReporter = {
    removed: (_: unknown, departure: Departure) => void removed.push(departure),
    failed: (key: string, error: unknown) => void failed.push(`${key}: ${String(error)}`),
  }
  ports = { ...cluster.ports, making: cluster.making, meshEvents: events, faultReporter }
  cluster.store.create({ kind: 'Rollout', metadata: ROLLOUT, spec: {} })
  setRelease(RELEASE)
})

afterEach(async () => {
  await Promise.all(keepers.map(async (keeper) => keeper.stop()))
  vi.useRealTimers()
})

function start(changes: Partial<KeeperPorts> = {}): void {
  keepers.push(startFaultKeeper({ ...ports, ...changes }, watches()))
}

function watches(): Watches {
  return {
    subscribe: (listener) =>
      cluster.cache.subscribe(({ kind, metadata: { namespace, name } }, what) =>
        listener({ kind: kind as WatchedKind, object: { namespace, name }, gone: what === 'deleted' }),
      ),
  }
}

function setRelease(release: { readonly id: string; readonly seq: number }): void {
  const rollout = cluster.store.read('Rollout', ROLLOUT)!
  cluster.store.replaceStatus({ ...rollout, status: { release } })
}

function create(object: VirtualService): VirtualService {
  return cluster.store.create(object)
}

function strangerWrites(edit: (object: VirtualService) => VirtualService, ref = REF): void {
  cluster.store.change('VirtualService', ref, (object) => edit(object as never) as never)
}

const now = (ref = REF) => cluster.store.read('VirtualService', ref) as unknown as VirtualService | undefined
const names = () => now()?.spec.http?.map(({ name }) => name)
const passed = async (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('a fault that nobody takes out', () => {
  it('goes when it expires, and all else is as it was', async () => {
    create(injected(aTarget()))
    start()
    await passed(29_999)
    expect(faultsOf(now()!)).toHaveLength(1)
    await passed(1)
    expect(now()?.spec).toEqual(aTarget().spec)
    expect(now()?.metadata).not.toHaveProperty('annotations')
    expect(removed.map(({ why }) => why)).toEqual(['Expired'])
    expect(events.recorded).toMatchObject([
      {
        object: { name: 'ratings' },
        event: { type: 'Warning', reason: 'FaultExpired', message: removed[0]?.message },
      },
    ])
  })

  it('goes at once when it had expired before the controller began', async () => {
    create(injected(aTarget(), aRecord({ injectedAt: isoAt(-40_000), expiresAt: isoAt(-10_000) })))
    start()
    await passed(0)
    expect(names()).toEqual(['all'])
  })

  it('is found when it is injected later', async () => {
    create(aTarget())
    start()
    await passed(1_000)
    strangerWrites((object) => injected(object))
    await passed(28_999)
    expect(faultsOf(now()!)).toHaveLength(1)
    await passed(1)
    expect(names()).toEqual(['all'])
  })

  it('goes after its own length where the clock that wrote it is an hour ahead', async () => {
    create(injected(aTarget(), aRecord({ injectedAt: isoAt(3_600_000), expiresAt: isoAt(3_630_000) })))
    start()
    await passed(29_999)
    expect(faultsOf(now()!)).toHaveLength(1)
    await passed(1)
    expect(names()).toEqual(['all'])
  })

  it('goes after its own length where the own clock is set back', async () => {
    create(injected(aTarget()))
    start()
    await passed(10_000)
    vi.setSystemTime(START - 3_600_000)
    await passed(20_000)
    expect(names()).toEqual(['all'])
  })

  it('is told of once by several controllers', async () => {
    create(injected(aTarget()))
    for (const _ of [1, 2, 3]) start()
    await passed(60_000)
    expect(removed).toHaveLength(1)
    expect(events.recorded).toHaveLength(1)
  })

  it('goes with the object that was made for it, told of once', async () => {
    const made = create(madeVirtualService(aRecord(), 'shop'))
    const ref = { ...REF, name: made.metadata.name }
    for (const _ of [1, 2]) start()
    await passed(29_999)
    expect(now(ref)).toBeDefined()
    cluster.cache.lag()
    await passed(1)
    expect(now(ref)).toBeUndefined()
    expect(removed.map(({ why }) => why)).toEqual(['Expired'])
  })

  it('that was taken out in time is not spoken of', async () => {
    create(injected(aTarget()))
    start()
    await passed(10_000)
    strangerWrites((object) => withFaults(object, []))
    await passed(60_000)
    expect(removed).toEqual([])
  })

  it('of a later action has its time anew', async () => {
    create(injected(aTarget()))
    start()
    await passed(20_000)
    const release = { ...RELEASE, seq: RELEASE.seq + 1 }
    const times = { injectedAt: isoAt(20_000), expiresAt: isoAt(50_000) }
    strangerWrites((object) => injected(object, aRecord({ ...times, release })))
    await passed(29_999)
    expect(faultsOf(now()!)).toHaveLength(1)
    await passed(1)
    expect(names()).toEqual(['all'])
  })
})

describe('a fault that nobody has a use for', () => {
  beforeEach(async () => {
    create(injected(aTarget()))
    start()
    await passed(1_000)
    expect(faultsOf(now()!)).toHaveLength(1)
  })

  it('goes when its action is over', async () => {
    setRelease({ ...RELEASE, seq: RELEASE.seq + 1 })
    await passed(0)
    expect(names()).toEqual(['all'])
    expect(events.recorded.map(({ event }) => event.reason)).toEqual(['FaultLeftOver'])
  })

  it('goes when its Rollout is gone', async () => {
    cluster.store.delete('Rollout', ROLLOUT)
    await passed(0)
    expect(names()).toEqual(['all'])
  })

  it('stays when the status is written again', async () => {
    setRelease({ ...RELEASE, seq: RELEASE.seq - 1 })
    await passed(1_000)
    expect(faultsOf(now()!)).toHaveLength(1)
  })
})

describe('what strangers leave', () => {
  it('routes without the annotation: they go at once', async () => {
    create(injected(aTarget()))
    start()
    await passed(1_000)
    strangerWrites((object) => withFaultRecords(object, []))
    await passed(0)
    expect(names()).toEqual(['all'])
    expect(removed.map(({ why }) => why)).toEqual(['Orphaned'])
  })

  it('the annotation without routes: it goes, and the routes do not come back', async () => {
    create(injected(aTarget()))
    start()
    await passed(1_000)
    strangerWrites((object) => ({ ...object, spec: aTarget().spec }))
    await passed(0)
    expect(faultsOf(now()!)).toEqual([])
    expect(names()).toEqual(['all'])
  })

  it('an object made for faults, without any: it goes', async () => {
    const made = create(madeVirtualService(aRecord(), 'shop'))
    const ref = { ...REF, name: made.metadata.name }
    start()
    await passed(1_000)
    strangerWrites((object) => withFaults(object, []), ref)
    await passed(0)
    expect(now(ref)).toBeUndefined()
  })

  it('other routes below the copies: these follow, and end in time all the same', async () => {
    create(injected(aTarget()))
    start()
    await passed(1_000)
    strangerWrites((object) => own(object, { destination: { host: 'ratings', subset: 'v9' } }))
    await passed(0)
    const [copy] = now()?.spec.http ?? []
    expect(copy).toMatchObject({ fault: {}, route: [{ destination: { subset: 'v9' } }] })
    await passed(29_000)
    expect(now()?.spec).toEqual(own(aTarget(), { destination: { host: 'ratings', subset: 'v9' } }).spec)
  })

  it('are answered once a second, however often they write', async () => {
    create(injected(aTarget()))
    start()
    await passed(500)
    const write = vi.spyOn(ports.mesh, 'write')
    for (let time = 0; time < 100; time++) {
      strangerWrites((object) => own(object, { destination: { host: 'ratings', subset: `v${time}` } }))
      await passed(20)
    }
    expect(write.mock.calls.length).toBeLessThanOrEqual(3)
    await passed(1_000)
    expect(now()?.spec.http?.[0]).toMatchObject({ route: [{ destination: { subset: 'v99' } }] })
  })

  function own(object: VirtualService, route: NonNullable<HttpRoute['route']>[number]): VirtualService {
    const http = object.spec.http?.map((one) => (one.name === 'all' ? { ...one, route: [route] } : one))
    return { ...object, spec: { ...object.spec, http: http ?? [] } }
  }
})

describe('an API server that is away', () => {
  const isAway = (from: number, to: number) => Date.now() >= START + from && Date.now() < START + to

  it('when a fault expires: it goes within a second after it is back', async () => {
    create(injected(aTarget()))
    const write = async (object: MeshObject) => {
      if (isAway(25_000, 51_000)) throw new Error('ECONNREFUSED')
      await ports.mesh.write(object)
    }
    start({ mesh: { ...ports.mesh, write } })
    await passed(50_999)
    expect(faultsOf(now()!)).toHaveLength(1)
    expect(failed[0]).toBe('shop/ratings: Error: ECONNREFUSED')
    await passed(1_001)
    expect(names()).toEqual(['all'])
  })

  it('and says nothing at all: that is tried anew', async () => {
    create(injected(aTarget()))
    const write = async (object: MeshObject) =>
      isAway(25_000, 50_000) ? new Promise<void>(() => undefined) : ports.mesh.write(object)
    start({ mesh: { ...ports.mesh, write } })
    await passed(57_500)
    expect(names()).toEqual(['all'])
    expect(failed[0]).toContain('did not answer within 2.5 s')
  })
})

describe('a mesh of thousands without faults', () => {
  it('is looked through from caches alone', async () => {
    for (let index = 0; index < 5_000; index++)
      create({ ...aTarget(), metadata: { name: `vs-${index}`, namespace: 'shop' } })
    const read = vi.spyOn(ports.mesh, 'read')
    start()
    await passed(60_000)
    expect(read).not.toHaveBeenCalled()
    expect(failed).toEqual([])
  })
})
