import { beforeEach, describe, expect, it } from 'vitest'
import { Reconciler } from '../../src/controller/reconcile.ts'
import type { Wanted } from '../../src/core/machine/state.ts'
import { markOf, withMark } from '../../src/core/traffic/mark.ts'
import type { Mark } from '../../src/core/traffic/mark.ts'
import { subsetName } from '../../src/core/traffic/subsets.ts'
import type { DestinationRule, MeshObject } from '../../src/core/traffic/types.ts'
import { minimalSpec } from '../api/specs.ts'
import { KEY, ROLLOUT, aDestinationRule, aSubset, aVirtualService, primary, to } from '../core/shop.ts'
import { FakeCluster } from '../fakes/cluster.ts'
import { FakeShop } from '../fakes/shop.ts'

/** v2 was promoted and v1 is retired. */
const MARK: Mark = { rollout: KEY, uid: ROLLOUT.uid, release: 'v2-a-2', seq: 9, stable: 'v2' }

let cluster: FakeCluster
let shop: FakeShop
let delivered: Wanted[]
let deliver: (wanted: Wanted) => Promise<void>
let reconciler: Reconciler
let now: number

beforeEach(() => {
  now = Date.UTC(2026, 0, 2)
  cluster = new FakeCluster(() => now)
  shop = new FakeShop(cluster)
  shop.run('v2', 2)
  delivered = []
  deliver = async (wanted) => void delivered.push(wanted)
  const engine = {
    deliver: async (_: unknown, wanted: Wanted) => deliver(wanted),
    open: async () => new Set<string>(),
  }
  reconciler = new Reconciler({ ...cluster.ports, making: cluster.making, engine })
  want('v2')
  setStatus({ stableVersion: 'v2' })
  put(withMark(aVirtualService([to('v2', 100)]), KEY, MARK))
  put(withMark(aDestinationRule([aSubset('v2')]), KEY, MARK))
})

function want(version: string): void {
  cluster.store.change('Rollout', ROLLOUT, (object) => ({ ...object, spec: { ...minimalSpec, version } }))
}

function setStatus(status: object): void {
  const rollout = cluster.store.read('Rollout', ROLLOUT)
  if (rollout) cluster.store.replaceStatus({ ...rollout, status })
}

/** Writes an object as somebody does. */
function put(object: MeshObject, manager?: string): void {
  const old = cluster.store.read(object.kind, object.metadata)
  const managedFields =
    manager === undefined ? {} : { managedFields: [{ manager, time: new Date(now).toISOString() }] }
  const metadata = {
    ...object.metadata,
    ...managedFields,
    resourceVersion: old?.metadata.resourceVersion ?? '',
  }
  cluster.store.replace({ ...object, metadata })
}

/** Git's old weights, by somebody who leaves our mark. */
function syncOldWeights(manager = 'argocd-controller'): void {
  const { spec } = aVirtualService([to('v1', 100)])
  put({ ...shop.virtualService, spec }, manager)
}

function routed(): unknown {
  return primary(shop.virtualService).route?.map(({ destination, weight }) => [destination.subset, weight])
}

function eventsOf(reason: string): string[] {
  return cluster.rollouts.events
    .filter(({ event }) => event.reason === reason)
    .map(({ event }) => event.message)
}

describe('between releases', () => {
  it('nothing is written that is as it should be', async () => {
    const before = shop.virtualService.metadata.resourceVersion
    expect(await reconciler.reconcile(KEY)).toBeUndefined()
    expect(shop.virtualService.metadata.resourceVersion).toBe(before)
    expect(shop.status.message).toBe('users have v2')
  })

  it('weights of a stranger are put back, told, and start no release', async () => {
    syncOldWeights()
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v2', 100]])
    expect(eventsOf('Drifted')).toEqual([
      'argocd-controller moved the weights of VirtualService reviews to v1 100 %; they are put back',
    ])
    expect(delivered).toEqual([])
    expect(shop.status.message).toBe('users have v2')
  })

  it('the share that others have in the route stays theirs', async () => {
    const images = { destination: { host: 'images' }, weight: 30 }
    put({ ...shop.virtualService, spec: aVirtualService([to('v1', 70), images]).spec }, 'kubectl')
    await reconciler.reconcile(KEY)
    expect(primary(shop.virtualService).route).toEqual([to('v2', 70), images])
  })

  it('a VirtualService that was replaced whole gets its weights back, and its mark', async () => {
    put(aVirtualService([to('v1', 100)]), 'kubectl-replace')
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v2', 100]])
    expect(markOf(shop.virtualService, KEY)).toMatchObject({ seq: 9, stable: 'v2' })
    expect(delivered).toEqual([])
  })

  it('of objects that were both replaced only the status tells, and only if nobody else could answer', async () => {
    setStatus({ stableVersion: 'v2', release: { id: 'v2-a-2', seq: 9, phase: 'Done', version: 'v2' } })
    const replaceBoth = () => {
      put(aVirtualService([to('v1', 100)]))
      put(aDestinationRule([aSubset('v1')]))
    }
    replaceBoth()
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([[subsetName('v2'), 100]])

    shop.run('v1', 1)
    replaceBoth()
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v1', 100]])
    expect(delivered).toHaveLength(1)
  })

  it('a route whose mark names a release under way is left to it', async () => {
    put(withMark(aVirtualService([to('v1', 95), to('v2', 5)]), KEY, { ...MARK, stable: 'v1', canary: 'v2' }))
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([
      ['v1', 95],
      ['v2', 5],
    ])
  })

  it('nothing is touched when status and mark disagree about the version that users have', async () => {
    setStatus({ stableVersion: 'v1' })
    syncOldWeights()
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v1', 100]])
  })

  it('traffic is not given to a version without ready pods: that is said, and tried again', async () => {
    shop.setReady('v2', false)
    syncOldWeights()
    expect(await reconciler.reconcile(KEY)).toBe(1000)
    expect(routed()).toEqual([['v1', 100]])
    expect(shop.status.message).toMatch(/moved the weights .* as soon as a pod of v2 is ready/)
    expect(shop.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Reconciling', status: 'True', reason: 'Drifted' }),
    )
    shop.setReady('v2', true)
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v2', 100]])
  })

  it('the subset that the route names is put back, like another one of the service', async () => {
    put({ ...shop.destinationRule, spec: aDestinationRule([aSubset('v1')]).spec }, 'argocd-controller')
    await reconciler.reconcile(KEY)
    expect(shop.destinationRule.spec.subsets).toEqual([aSubset('v1'), { ...aSubset('v2') }])
    expect(eventsOf('Drifted')[0]).toContain('took the subset of v2 out of DestinationRule shop/reviews')
  })

  it('a subset that had a name of its owner’s keeps it', async () => {
    put({ ...shop.virtualService, spec: aVirtualService([to('green', 100)]).spec })
    put({ ...shop.destinationRule, spec: aDestinationRule([aSubset('v1')]).spec }, 'kubectl')
    await reconciler.reconcile(KEY)
    expect(shop.destinationRule.spec.subsets?.map(({ name }) => name)).toEqual(['v1', 'green'])
    expect(routed()).toEqual([['green', 100]])
  })

  it('of several subsets of the version the one that the route names stays', async () => {
    const narrow = aSubset('v2', { name: 'v2-eu', labels: { version: 'v2', region: 'eu' } })
    put({ ...shop.destinationRule, spec: aDestinationRule([narrow, aSubset('v2')]).spec })
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v2', 100]])
    put({ ...shop.virtualService, spec: aVirtualService([to('v1', 60), to('v2', 40)]).spec }, 'kubectl')
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v2', 100]])
  })

  it('a Rollout that is being deleted is not kept', async () => {
    syncOldWeights()
    cluster.store.change('Rollout', ROLLOUT, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: ['other'], deletionTimestamp: '2026-01-01T00:00:00Z' },
    }))
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v1', 100]])
  })
})

describe('a route that is another Rollout’s', () => {
  /** An older Rollout releases on `primary`; this one has `second`, and asks for both. */
  beforeEach(() => {
    const older = {
      namespace: 'shop',
      name: 'older',
      uid: 'uid-older',
      creationTimestamp: '2020-01-01T00:00:00Z',
    }
    cluster.store.create({ kind: 'Rollout', metadata: older, spec: minimalSpec })
    const { spec } = aVirtualService([to('v2', 80), to('v3', 20)])
    const http = [...(spec.http ?? []), { name: 'second', route: [to('v2', 100)] }]
    const mark = {
      rollout: 'shop/older',
      uid: older.uid,
      release: 'v3-x-5',
      seq: 7,
      stable: 'v2',
      canary: 'v3',
    }
    const routes = [{ route: 'primary' }]
    const shared = { ...shop.virtualService, spec: { ...spec, http } }
    put(withMark(shared, 'shop/older', { ...mark, weight: 20, routes }))
    const virtualServices = [{ name: 'reviews', routes: ['primary', 'second'] }]
    const traffic = {
      service: 'reviews',
      existing: { virtualServices, destinationRule: { name: 'reviews' } },
    }
    cluster.store.change('Rollout', ROLLOUT, (object) => ({ ...object, spec: { ...minimalSpec, traffic } }))
  })

  it('is not moved between releases, and who owns it is told', async () => {
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([
      ['v2', 80],
      ['v3', 20],
    ])
    expect(shop.status.message).toContain('the older Rollout shop/older moves this route')
  })

  it.each(['Refused', 'Retaining'])('is not moved by a release that is %s', async (phase) => {
    setStatus({ stableVersion: 'v2', release: { id: 'v2-a-2', seq: 9, phase, version: 'v2' } })
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([
      ['v2', 80],
      ['v3', 20],
    ])
  })
})

describe('while the way back is open', () => {
  beforeEach(() => {
    setStatus({ stableVersion: 'v2', release: { id: 'v2-a-2', seq: 9, phase: 'Retaining', version: 'v2' } })
    const rule: DestinationRule = aDestinationRule([aSubset('v2')])
    put(withMark(rule, KEY, { ...MARK, stable: 'v1', canary: 'v2', seq: 3 }))
    syncOldWeights()
  })

  it('both subsets are kept, and all traffic is with the new version', async () => {
    await reconciler.reconcile(KEY)
    expect(shop.destinationRule.spec.subsets?.map(({ labels }) => labels?.['version'])).toEqual(['v2', 'v1'])
    expect(markOf(shop.destinationRule, KEY)).toMatchObject({ canary: 'v2', seq: 3 })
    expect(routed()).toEqual([['v2', 100]])
  })

  it('going it waits for nothing, not for pods of the version that it leaves', async () => {
    shop.setReady('v2', false)
    want('v1')
    await reconciler.reconcile(KEY)
    expect(delivered).toMatchObject([{ version: 'v1' }])
  })

  it('who goes it by hand, and says so, is not sent back first', async () => {
    want('v1')
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v1', 100]])
    expect(delivered).toMatchObject([{ version: 'v1' }])
    expect(shop.destinationRule.spec.subsets?.map(({ labels }) => labels?.['version'])).toEqual(['v2', 'v1'])
  })

  it('the route is kept while the engine cannot be reached', async () => {
    deliver = async () => Promise.reject(new Error('no engine'))
    await expect(reconciler.reconcile(KEY)).rejects.toThrow('no engine')
    expect(routed()).toEqual([['v2', 100]])
  })
})

describe('after the way back', () => {
  const BACK: Mark = { ...MARK, stable: 'v1', seq: 12 }

  /** Users went from v1 to v2 and back; the mark in the DestinationRule is that of the release of v2. */
  beforeEach(() => {
    shop.run('v1', 2)
    want('v1')
    setStatus({ stableVersion: 'v1', release: { id: 'v2-a-2', seq: 12, phase: 'Retaining', version: 'v1' } })
    put(withMark(aVirtualService([to('v1', 100)]), KEY, BACK))
    put(withMark(aDestinationRule([aSubset('v1'), aSubset('v2')]), KEY, { ...BACK, canary: 'v2', seq: 3 }))
  })

  it('weights that send users where they fled from are put back', async () => {
    put({ ...shop.virtualService, spec: aVirtualService([to('v2', 100)]).spec }, 'argocd-controller')
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v1', 100]])
    expect(eventsOf('Drifted')).toHaveLength(1)
  })

  it('they are put back though our mark went with them', async () => {
    put(aVirtualService([to('v2', 100)]), 'kubectl-replace')
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v1', 100]])
    expect(markOf(shop.virtualService, KEY)).toMatchObject({ stable: 'v1' })
    expect(markOf(shop.virtualService, KEY)).not.toHaveProperty('canary')
  })

  it('both subsets are kept', async () => {
    put({ ...shop.destinationRule, spec: aDestinationRule([aSubset('v3')]).spec }, 'argocd-controller')
    await reconciler.reconcile(KEY)
    const versions = shop.destinationRule.spec.subsets?.map(({ labels }) => labels?.['version'])
    expect(versions).toEqual(['v3', 'v1', 'v2'])
  })

  it('nothing is touched where the DestinationRule names neither version', async () => {
    put(withMark(shop.destinationRule, KEY, { ...BACK, stable: 'v3', canary: 'v4', seq: 3 }))
    put({ ...shop.virtualService, spec: aVirtualService([to('v2', 100)]).spec })
    await reconciler.reconcile(KEY)
    expect(routed()).toEqual([['v2', 100]])
  })
})

describe('somebody who writes the old weights again and again', () => {
  beforeEach(() =>
    put({ ...shop.destinationRule, spec: aDestinationRule([aSubset('v1'), aSubset('v2')]).spec }),
  )

  async function revert(): Promise<number | undefined> {
    syncOldWeights()
    return reconciler.reconcile(KEY)
  }

  it('is answered once in a second, from the third time on more seldom, and named with the remedy', async () => {
    shop.run('v1', 1)
    expect(await revert()).toBeUndefined()
    expect(await revert()).toBe(1000)
    now += 1000
    expect(await revert()).toBeUndefined()
    now += 1000
    expect(await revert()).toBeUndefined()
    expect(eventsOf('Contested')).toHaveLength(1)
    expect(eventsOf('Contested')[0]).toContain('argocd-controller has moved the weights 3 times')
    expect(eventsOf('Contested')[0]).toContain('ignoreDifferences')
    now += 2000
    expect(await revert()).toBe(28_000)
    expect(routed()).toEqual([['v1', 100]])
    expect(shop.status.message).toContain('moved the weights of VirtualService reviews')
    now += 28_000
    expect(await reconciler.reconcile(KEY)).toBeUndefined()
    expect(routed()).toEqual([['v2', 100]])
    expect(await revert()).toBe(60_000)
  })

  /** Reverts until it would be answered more seldom, and tells when it is answered. */
  async function contest(): Promise<number | undefined> {
    for (let time = 0; time < 3; time++) {
      await revert()
      now += 1000
    }
    const againInMs = await revert()
    now += againInMs ?? 0
    return againInMs
  }

  it('is not answered more seldom where it leaves users without a subset', async () => {
    put({ ...shop.destinationRule, spec: aDestinationRule([aSubset('v2')]).spec })
    shop.run('v1', 1)
    expect(await contest()).toBeUndefined()
    expect(routed()).toEqual([['v2', 100]])
    expect(eventsOf('Contested')).toHaveLength(2)
    expect(eventsOf('Contested')[1]).toContain('they are put back all the same, since nobody answers there')
    expect(await revert()).toBe(1000)
  })

  it('is not answered more seldom where it leaves users without a ready pod, if only in a part', async () => {
    shop.run('v1', 1)
    shop.setReady('v1', false)
    expect(await contest()).toBeUndefined()
    const { spec } = aVirtualService([to('v1', 1), to('v2', 99)])
    put({ ...shop.virtualService, spec }, 'argocd-controller')
    now += 1000
    expect(await reconciler.reconcile(KEY)).toBeUndefined()
    expect(routed()).toEqual([['v2', 100]])
  })

  it('is counted apart from others, and anew after an hour', async () => {
    for (const manager of ['argocd-controller', 'kubectl', 'argocd-controller', 'kubectl']) {
      syncOldWeights(manager)
      await reconciler.reconcile(KEY)
      now += 1000
    }
    now += 3_600_000
    await revert()
    now += 1000
    await revert()
    expect(eventsOf('Contested')).toEqual([])
  })
})
