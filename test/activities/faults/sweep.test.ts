import { beforeEach, describe, expect, it } from 'vitest'
import { sweepActivities } from '../../../src/activities/faults/sweep.ts'
import { KEEP_FAULT_ANNOTATION } from '../../../src/api/names.ts'
import { faultsIn } from '../../../src/core/faults/found.ts'
import { madeVirtualService } from '../../../src/core/faults/made.ts'
import type { SweepPolicy } from '../../../src/core/faults/sweep.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { DestinationRule, MeshObject, VirtualService } from '../../../src/core/traffic/types.ts'
import { ConflictError } from '../../../src/ports.ts'
import type { MeshEvent } from '../../../src/ports.ts'
import { KEY, START, aDestinationRule, aSubset } from '../../core/shop.ts'
import { DELAY, aRecord, probed, routed, setBy } from '../../core/faults/shop.ts'
import { FakeCluster } from '../../fakes/cluster.ts'
import { FakeMeshEvents } from '../../fakes/mesh-events.ts'
import { FakeSweepReporter } from '../../fakes/sweep-reporter.ts'

const DAY_MS = 24 * 3_600_000
const REPORT: SweepPolicy = { foreignFaults: 'Report', afterMs: DAY_MS }
const REMOVE: SweepPolicy = { foreignFaults: 'Remove', afterMs: DAY_MS }

let now = START
let cluster: FakeCluster
let events: FakeMeshEvents
let reports: FakeSweepReporter
let memory: unknown

beforeEach(() => {
  now = START
  cluster = new FakeCluster(() => now)
  events = new FakeMeshEvents()
  reports = new FakeSweepReporter()
  memory = undefined
})

function there(...objects: readonly object[]): void {
  for (const object of objects) cluster.store.create(object as MeshObject)
}

async function sweep(policy = REPORT, changes: object = {}): Promise<void> {
  const { making } = cluster
  const ports = { ...cluster.ports, making, events, sweeps: reports, ...changes }
  // As Temporal hands it on.
  memory = JSON.parse(JSON.stringify(await sweepActivities(ports, policy).sweep(memory)))
}

function routeOf(name: string): VirtualService | undefined {
  return cluster.store.read('VirtualService', { namespace: 'shop', name }) as VirtualService | undefined
}

function change(name: string, edit: (object: VirtualService) => VirtualService): void {
  const old = routeOf(name)
  if (old === undefined) throw new Error(`there is no ${name}`)
  const { uid, resourceVersion } = old.metadata
  const { metadata, ...rest } = edit(old)
  const kept = { ...metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
  cluster.store.replace({ ...rest, metadata: kept })
}

function subsetsOf(name = 'reviews'): (string | undefined)[] {
  const rule = cluster.store.read('DestinationRule', { namespace: 'shop', name }) as
    DestinationRule | undefined
  return rule?.spec.subsets?.map((subset) => subset.name) ?? []
}

describe('faults of ours', () => {
  it('go when their time is over, and no others do', async () => {
    there(
      probed(routed('over'), [aRecord(-1)]),
      probed(routed('runs'), [aRecord(1000)]),
      madeVirtualService(aRecord(-1), 'shop'),
    )
    await sweep()
    expect(faultsIn(routeOf('over')!)).toEqual([])
    expect(faultsIn(routeOf('runs')!)).toHaveLength(1)
    expect(cluster.store.list('VirtualService')).toHaveLength(2)
    expect(events.told()).toEqual([
      'OverdueFaultRemoved VirtualService shop/over',
      expect.stringMatching(/^OverdueFaultRemoved VirtualService shop\/sluice-fault-/),
    ])
    expect(reports.summaries).toMatchObject([
      { found: { OwnFault: 2, ForeignFault: 0 }, removed: 2, failed: 0 },
    ])
  })

  it('that somebody else removed a moment ago are nobody’s news', async () => {
    there(probed(routed('over'), [aRecord(-1)]))
    cluster.cache.lag()
    change('over', (object) => {
      const { annotations: _, ...metadata } = object.metadata
      return { ...object, metadata, spec: routed('over').spec }
    })
    await sweep()
    expect(events.told()).toEqual([])
    expect(reports.summaries).toMatchObject([{ removed: 0, failed: 0 }])
  })
})

describe('faults of others', () => {
  it('stay by default, and people are told at first sight and then once a day', async () => {
    there(setBy(routed('reviews', DELAY), 'kubectl-edit', START - 30 * DAY_MS))
    for (const hours of [0, 1, 23, 24, 25]) {
      now = START + hours * 3_600_000
      await sweep()
    }
    expect(faultsIn(routeOf('reviews')!)).toHaveLength(1)
    expect(events.recorded.map(({ event }) => `${event.type} ${event.reason}`)).toEqual([
      'Warning StaleFault',
      'Warning StaleFault',
    ])
    expect(events.recorded[0]?.event.message).toMatch(/set by kubectl-edit 30 days ago/)
    expect(reports.lines).toEqual(['found ForeignFault shop/reviews', 'found ForeignFault shop/reviews'])
  })

  it('are told of and removed as little as they are kept by a person', async () => {
    there(
      setBy(routed('kept', DELAY, { [KEEP_FAULT_ANNOTATION]: 'a game day' }), 'kubectl', START - 9 * DAY_MS),
    )
    await sweep(REMOVE)
    expect(faultsIn(routeOf('kept')!)).toHaveLength(1)
    expect(events.told()).toEqual([])
  })

  it('go where the policy says so, a day after they were seen first, whatever happens to the rest', async () => {
    there(routed('reviews', DELAY))
    await sweep(REMOVE)
    now = START + DAY_MS - 1000
    change('reviews', (object) => ({
      ...object,
      spec: { ...object.spec, hosts: ['other'] },
    }))
    await sweep(REMOVE)
    expect(faultsIn(routeOf('reviews')!)).toHaveLength(1)
    now = START + DAY_MS
    await sweep(REMOVE)
    expect(routeOf('reviews')?.spec.http).toEqual(routed('reviews').spec.http)
    expect(events.told().at(-1)).toBe('ForeignFaultRemoved VirtualService shop/reviews')
    expect(memory).toEqual({})
  })

  it('that come back are new ones', async () => {
    there(setBy(routed('reviews', DELAY), 'kubectl', START - DAY_MS))
    await sweep(REMOVE)
    change('reviews', () => setBy(routed('reviews', DELAY), 'argocd-controller', START))
    await sweep(REMOVE)
    expect(faultsIn(routeOf('reviews')!)).toHaveLength(1)
    expect(events.told().at(-1)).toBe('StaleFault VirtualService shop/reviews')
  })

  it('of several in one object only those go whose time is over', async () => {
    const object = routed('reviews', DELAY)
    there(object)
    await sweep(REMOVE)
    now = START + DAY_MS
    const another = {
      name: 'other',
      fault: { abort: { httpStatus: 503 } },
      route: [{ destination: { host: 'a' } }],
    }
    change('reviews', (old) => ({
      ...old,
      spec: { ...old.spec, http: [...(old.spec.http ?? []), another] },
    }))
    await sweep(REMOVE)
    expect(faultsIn(routeOf('reviews')!).map(({ routes }) => routes)).toEqual([['other']])
  })
})

describe('very many faults of others', () => {
  it('are told of a hundred at a time, each once', async () => {
    there(...Array.from({ length: 150 }, (_, index) => routed(`reviews-${index}`, DELAY)))
    const counts: number[] = []
    for (let times = 0; times < 3; times++) {
      await sweep()
      counts.push(events.recorded.length)
    }
    expect(counts).toEqual([100, 150, 150])
    expect(new Set(events.told()).size).toBe(150)
  })
})

describe('subsets', () => {
  const mark = { rollout: KEY, uid: 'u', release: 'v2-1', seq: 3, stable: 'v1', subsets: ['v2'] }
  const service = {
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'reviews' },
    spec: { selector: { app: 'reviews' } },
  }
  const podOf = (version: string) => ({
    kind: 'Pod',
    metadata: { namespace: 'shop', name: version, labels: { app: 'reviews', version } },
  })
  const rule = withMark(aDestinationRule([aSubset('v1'), aSubset('v2'), aSubset('v3')]), KEY, mark)

  it('that a release of ours left go, and people are told of others', async () => {
    there(rule, service, podOf('v1'))
    await sweep()
    await sweep()
    expect(subsetsOf()).toEqual(['v1', 'v3'])
    expect(events.told()).toEqual([
      'StaleSubsetRemoved DestinationRule shop/reviews',
      'StaleSubset DestinationRule shop/reviews',
    ])
  })

  it('with pods, or that a Rollout wants, stay', async () => {
    const meta = { namespace: 'shop', name: 'reviews' }
    there(rule, service, podOf('v3'), { kind: 'Rollout', metadata: meta, spec: { version: 'v2' } })
    await sweep()
    expect(subsetsOf()).toEqual(['v1', 'v2', 'v3'])
    expect(events.told()).toEqual([])
  })

  it('for which somebody found a use during the sweep stay', async () => {
    there(probed(routed('over'), [aRecord(-1)]), rule, service)
    const record = async (object: MeshObject, event: MeshEvent) => {
      if (event.reason === 'OverdueFaultRemoved') there(podOf('v2'))
      await events.record(object, event)
    }
    await sweep(REPORT, { events: { record } })
    expect(subsetsOf()).toEqual(['v1', 'v2', 'v3'])
  })

  it('of a Service that is not there, or selects no pods, stay', async () => {
    there(rule)
    await sweep()
    there({ ...service, spec: {} })
    await sweep()
    expect(subsetsOf()).toEqual(['v1', 'v2', 'v3'])
  })
})

describe('what cannot be removed', () => {
  it('keeps no other waiting, is told, and is tried again', async () => {
    there(probed(routed('a'), [aRecord(-1)]), probed(routed('b'), [aRecord(-1)]))
    const { mesh } = cluster.ports
    const write = async (object: MeshObject) => {
      if (object.metadata.name === 'a') throw new ConflictError('no')
      await mesh.write(object)
    }
    await sweep(REPORT, { mesh: { ...mesh, write } })
    expect(reports.lines).toEqual(['stayed OwnFault shop/a', 'removed OwnFault shop/b'])
    expect(reports.summaries).toMatchObject([{ removed: 1, failed: 1 }])
    await sweep()
    expect(faultsIn(routeOf('a')!)).toEqual([])
  })
})

describe('a mesh of 5,000 VirtualServices', () => {
  it('loses all faults that are overdue, and only these', async () => {
    const old = (object: VirtualService) => setBy(object, 'kubectl', START - 2 * DAY_MS)
    const many = (count: number, make: (name: string) => VirtualService, kind: string) =>
      Array.from({ length: count }, (_, index) => make(`${kind}-${index}`))
    const objects = [
      ...many(4_850, (name) => old(routed(name)), 'plain'),
      ...many(30, (name) => old(routed(name, DELAY)), 'stale'),
      ...many(20, (name) => probed(routed(name), [aRecord(-1)]), 'overdue'),
      ...many(30, (name) => setBy(routed(name, DELAY), 'kubectl', START), 'young'),
      ...many(40, (name) => old(routed(name, DELAY, { [KEEP_FAULT_ANNOTATION]: 'why' })), 'kept'),
      ...many(30, (name) => probed(routed(name), [aRecord(1)]), 'ours'),
    ]
    there(...objects)
    const writes: string[] = []
    let reads = 0
    const { mesh } = cluster.ports
    const counted = {
      ...mesh,
      read: async (...given: Parameters<typeof mesh.read>) => {
        if (given[1] === 'Fresh') reads++
        return mesh.read(...given)
      },
      write: async (object: MeshObject) => {
        writes.push(object.metadata.name)
        await mesh.write(object)
      },
    }
    await sweep(REMOVE, { mesh: counted })
    const kinds = new Set(writes.map((name) => name.replace(/-.*/, '')))
    expect({ writes: writes.length, reads, kinds: [...kinds].toSorted() }).toEqual({
      writes: 50,
      reads: 0,
      kinds: ['overdue', 'stale'],
    })
    const still = cluster.ports.mesh.virtualServices().filter((object) => faultsIn(object).length > 0)
    expect(still).toHaveLength(100)
    expect(reports.summaries).toMatchObject([{ virtualServices: 5_000, removed: 50, failed: 0 }])
    expect(events.told().filter((one) => one.startsWith('StaleFault '))).toHaveLength(30)
  })
})
