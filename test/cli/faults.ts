import { addFaults } from '../../src/cli/commands/faults.ts'
import { injectFault } from '../../src/core/faults/edits.ts'
import type { FaultRecord } from '../../src/core/faults/record.ts'
import type { HttpRoute, VirtualService } from '../../src/core/traffic/types.ts'
import type { FoundRollout, Manifest, ObjectReader } from '../../src/ports-views.ts'
import { FakeCluster } from '../fakes/cluster.ts'
import type { ObjectStore, StoredObject } from '../fakes/object-store.ts'
import { aRollout, ago, NOW } from './fixtures.ts'
import { SERVICE, aPod } from './shop.ts'
import { World } from './world.ts'

export const HOST = 'ratings.shop.svc.cluster.local'
export const FOREIGN = { abort: { percentage: { value: 30 }, httpStatus: 500 } }

/** The VirtualService of the dependency `ratings`, which anybody in the mesh goes by. */
export function aRoute(
  changes: Partial<HttpRoute>,
  annotations: Record<string, string> = {},
): VirtualService {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: {
      namespace: 'shop',
      name: 'ratings',
      annotations: { 'example.com/note': 'keep', ...annotations },
    },
    spec: {
      hosts: [HOST],
      http: [{ name: 'all', timeout: '3s', route: [{ destination: { host: HOST } }], ...changes }],
    },
  }
}

/** A fault of ours for the calls of reviews v2, injected 10 seconds ago, with 20 to go. */
export function aRecord(changes: Partial<FaultRecord> = {}): FaultRecord {
  return {
    id: 'abc1234',
    name: 'ratings-away',
    owner: 'shop/reviews',
    release: { uid: 'uid-reviews', id: 'v2-hash-1', seq: 3 },
    reason: 'does v2 live without ratings?',
    host: HOST,
    injectedAt: ago(10),
    expiresAt: new Date(NOW + 20_000).toISOString(),
    meets: { kind: 'Callers', namespace: 'shop', labels: { app: 'reviews', version: 'v2' } },
    abort: { percent: 100, httpStatus: 503 },
    ...changes,
  }
}

/** The VirtualService with a fault of ours. */
export function withFault(object: VirtualService, record = aRecord()): VirtualService {
  const injected = injectFault(record, object.metadata.namespace)(object)
  if ('refused' in injected) throw new Error(injected.refused)
  return injected.object
}

/** Somebody's bookkeeping: who wrote the routes, so many seconds ago. */
export function writtenBy(object: VirtualService, manager: string, seconds: number): VirtualService {
  const managedFields = [{ manager, time: ago(seconds), fieldsV1: { 'f:spec': { 'f:http': {} } } }]
  return { ...object, metadata: { ...object.metadata, managedFields } }
}

const RATINGS: Manifest = { kind: 'Service', metadata: { namespace: 'shop', name: 'ratings' } }

/** A controller of Sluice that runs. */
export const CONTROLLER: Manifest = {
  kind: 'Deployment',
  metadata: { namespace: 'sluice-system', name: 'sluice', labels: { 'app.kubernetes.io/name': 'sluice' } },
  status: { readyReplicas: 2 },
}

/** All that an injection into calls of v1 needs; users have v1. */
export const SHOP: readonly Manifest[] = [SERVICE, aPod('v1'), RATINGS, CONTROLLER]
export const SETTLED: FoundRollout = aRollout({ stableVersion: 'v1' })

/** A world whose cluster has these objects, and may be written. */
export function faultyWorld(
  objects: readonly (Manifest | VirtualService)[],
  rollouts: readonly FoundRollout[] = [SETTLED],
  terminal?: { columns: number; rows: number },
): World & { readonly cluster: FakeCluster } {
  const cluster = new FakeCluster(() => NOW)
  for (const object of objects) cluster.store.create(object as StoredObject)
  const reader = readerOf(cluster.store)
  return Object.assign(new World(rollouts, terminal), { cluster, reader })
}

function readerOf(store: ObjectStore): ObjectReader {
  return {
    read: async (kind, ref) => store.read(kind, ref),
    list: async (kind, namespace) => store.list(kind, namespace),
    pods: async (namespace) => store.list('Pod', namespace),
  }
}

export async function faults(world: World, ...args: string[]): Promise<World> {
  await world.run(addFaults, ['faults', ...args])
  return world
}

/** The VirtualService as it is now. */
export function routeIn(
  { cluster }: { readonly cluster: FakeCluster },
  name = 'ratings',
): VirtualService | undefined {
  const object = cluster.store.read('VirtualService', { namespace: 'shop', name })
  return object as VirtualService | undefined
}
