import { beforeEach, describe, expect, it } from 'vitest'
import { apply } from '../../src/activities/apply.ts'
import { lowerWeight, raiseWeight } from '../../src/core/traffic/edits.ts'
import type { Edit } from '../../src/core/traffic/edits.ts'
import { withMark } from '../../src/core/traffic/mark.ts'
import type { MeshObject, VirtualService } from '../../src/core/traffic/types.ts'
import { ConflictError } from '../../src/ports.ts'
import type { Freshness, Mesh } from '../../src/ports.ts'
import { KEY, aContext, aVirtualService, primary, to } from '../core/shop.ts'
import { FakeCluster } from '../fakes/cluster.ts'

const REF = { kind: 'VirtualService', namespace: 'shop', name: 'reviews' } as const
const claimed = withMark(aVirtualService([to('v1', 100)]), KEY, {
  rollout: KEY,
  uid: 'uid-reviews',
  release: 'v2-template-1-2',
  seq: 3,
  stable: 'v1',
  canary: 'v2',
  routes: [{ route: 'primary', share: 100 }],
})

let cluster: FakeCluster
/** What was read, in order. */
let reads: Freshness[]
let mesh: Mesh

beforeEach(() => {
  cluster = new FakeCluster()
  cluster.store.create(claimed)
  reads = []
  const inner = cluster.ports.mesh
  mesh = {
    ...inner,
    read: async (ref, freshness) => {
      reads.push(freshness)
      return inner.read(ref, freshness)
    },
  }
})

function stored(): VirtualService {
  return cluster.store.read('VirtualService', REF) as VirtualService
}

/** A stranger's write of a field that is none of ours. */
function timeout(value: string): void {
  cluster.store.change<VirtualService>('VirtualService', REF, (object) => {
    const http = (object.spec.http ?? []).map((route) =>
      route.name === 'primary' ? { ...route, timeout: value } : route,
    )
    return { ...object, spec: { ...object.spec, http } }
  })
}

/** The edit, with something that happens between its read and its write, the first times. */
function disturbed(
  edit: Edit<VirtualService>,
  times: number,
  what: (time: number) => void,
): Edit<VirtualService> {
  let time = 0
  return (object) => {
    const edited = edit(object)
    if (time < times) what(++time)
    return edited
  }
}

const raise = raiseWeight(aContext(4), 20)

describe('an edit', () => {
  it('is written from the cache, with one read', async () => {
    expect(await apply(mesh, REF, raise)).toBe('Written')
    expect(reads).toEqual(['Cached'])
    expect(primary(stored()).route).toEqual([to('v1', 80), to('v2', 20)])
  })

  it('is made anew from what somebody else wrote meanwhile, and keeps that', async () => {
    expect(
      await apply(
        mesh,
        REF,
        disturbed(raise, 2, (time) => timeout(`${time}s`)),
      ),
    ).toBe('Written')
    expect(reads).toEqual(['Cached', 'Fresh', 'Fresh'])
    expect(primary(stored())).toMatchObject({ timeout: '2s', route: [to('v1', 80), to('v2', 20)] })
  })

  it('meets the fence again after a conflict', async () => {
    expect(await apply(mesh, REF, disturbed(raise, 1, halt))).toBe('Stale')
    expect(primary(stored()).route).toEqual([to('v1', 100)])
  })

  it('from a cache that lags meets the fence of the object as it is', async () => {
    cluster.cache.lag()
    halt()
    expect(await apply(mesh, REF, raise)).toBe('Stale')
    expect(primary(stored()).route).toEqual([to('v1', 100)])
  })

  it('that is refused by the cache is refused only if the API server agrees', async () => {
    halt()
    cluster.cache.lag()
    cluster.store.change<MeshObject>('VirtualService', REF, () => ({
      ...stored(),
      ...withoutVersion(claimed),
    }))
    expect(await apply(mesh, REF, raise)).toBe('Written')
    expect(reads).toEqual(['Cached', 'Fresh'])
  })

  it('is believed to be done already only if the API server says so', async () => {
    await apply(mesh, REF, raise)
    expect(await apply(mesh, REF, raise)).toBe('Unchanged')
    expect(reads.slice(1)).toEqual(['Cached', 'Fresh'])
  })

  it('is done again when only the cache says that it is done', async () => {
    await apply(mesh, REF, raise)
    cluster.cache.lag()
    cluster.store.change<VirtualService>('VirtualService', REF, (object) => ({
      ...object,
      spec: claimed.spec,
    }))
    expect(await apply(mesh, REF, raise)).toBe('Written')
    expect(primary(stored()).route).toEqual([to('v1', 80), to('v2', 20)])
  })

  it('finds an object missing only if the API server does', async () => {
    expect(await apply(mesh, { ...REF, name: 'other' }, raise)).toBe('Missing')
    expect(reads).toEqual(['Cached', 'Fresh'])
  })

  it('of an object that goes meanwhile is missing, not an error', async () => {
    const remove = () => cluster.store.delete('VirtualService', REF)
    expect(await apply(mesh, REF, disturbed(raise, 1, remove))).toBe('Missing')
  })

  it('says that the route is not there', async () => {
    const context = aContext(4, { route: { ...aContext(4).route, names: ['main'] } })
    expect(await apply(mesh, REF, raiseWeight(context, 20))).toBe('NoRoute')
  })

  it('is given up after many conflicts, to be tried again by whoever asked', async () => {
    const attempt = apply(
      mesh,
      REF,
      disturbed(raise, Infinity, (time) => timeout(`${time}s`)),
    )
    await expect(attempt).rejects.toThrow(ConflictError)
    expect(reads).toHaveLength(20)
    expect(primary(stored()).route).toEqual([to('v1', 100)])
  })

  it('passes on what is not a conflict', async () => {
    const broken: Mesh = { ...mesh, write: async () => Promise.reject(new Error('the API server is away')) }
    await expect(apply(broken, REF, raise)).rejects.toThrow('the API server is away')
  })
})

/** A later action of ours marks the release as over. */
function halt(): void {
  const lowered = lowerWeight(aContext(9), true)(stored())
  if ('object' in lowered) cluster.store.replace(lowered.object)
}

/** An object as a stranger gives it, who knows nothing of versions. */
function withoutVersion(object: VirtualService): VirtualService {
  const { resourceVersion } = stored().metadata
  return {
    ...object,
    metadata: { ...object.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
  }
}
