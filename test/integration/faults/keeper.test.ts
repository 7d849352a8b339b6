import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { outageOf, partOf } from '../../../sandbox/kit/parts.ts'
import type { Outage } from '../../../sandbox/kit/parts.ts'
import { eventually, startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { apply } from '../../../src/activities/apply.ts'
import { istioMaking, istioMesh } from '../../../src/adapters/istio/mesh.ts'
import { FAULTS_ANNOTATION } from '../../../src/api/names.ts'
import { injectFault } from '../../../src/core/faults/edits.ts'
import { madeVirtualService } from '../../../src/core/faults/made.ts'
import { faultId } from '../../../src/core/faults/record.ts'
import type { FaultRecord } from '../../../src/core/faults/record.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import type { MeshRef } from '../../../src/ports.ts'
import { aVirtualService } from '../../core/shop.ts'
import { RealCluster } from '../contract/real-cluster.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

/** How long a fault may stand beyond its expiry (milliseconds). */
const OVERRUN_MS = 5_000

const env = workerSandbox()
let cluster: RealCluster
let sluices: SluiceProcess[]
let outage: Outage | undefined

// Two controllers alone: neither a workflow nor anybody who could run one.
beforeAll(async () => {
  const settings = { SLUICE_ROLES: 'controller,server', SLUICE_TEMPORAL_ADDRESS: '127.0.0.1:1' }
  const start = async (name: string) => startSluice(env, { name, settings })
  cluster = await RealCluster.open(env.kubeconfig)
  sluices = await Promise.all(['keeper-1', 'keeper-2'].map(start))
  await Promise.all(sluices.map(async (sluice) => sluice.ready()))
})
afterEach(async () => outage?.end())
afterAll(async () => {
  await Promise.all(sluices.map(async (sluice) => sluice.stop()))
  await cluster.close()
})

describe('a fault of which nobody else knows', () => {
  it('is gone within five seconds after it expired; all else is as it was, and it is told of once', async () => {
    const ref = await create('reviews')
    const before = await read(ref)
    await putIn(ref, aFault({ host: hostOf('reviews') }))
    expect((await read(ref))?.spec.http).toHaveLength(6)
    expect((await gone(ref, 2_000))?.spec).toEqual(before?.spec)
    expect((await read(ref))?.metadata.annotations).toEqual(before?.metadata.annotations)
    await eventually('it is told', async () => (await cluster.eventsOf('reviews')).length > 0)
    expect(await cluster.eventsOf('reviews')).toEqual([
      expect.stringMatching(
        /^fault ratings-down of somebody had expired \d+m?s ago; its routes were taken out$/,
      ),
    ])
  })

  it('is gone with the object that was made for it', async () => {
    const object = madeVirtualService(aFault({ host: 'api.example.com' }), cluster.namespace)
    await istioMaking(cluster.client).create(object)
    const { namespace, name } = object.metadata
    const ref = { kind: 'VirtualService' as const, namespace, name }
    expect(await read(ref)).toBeDefined()
    await eventually('it is gone', async () => (await read(ref)) === undefined, 2_000 + OVERRUN_MS)
  })

  it('is gone at once when its Rollout is', async () => {
    const ref = await create('lonely')
    const release = { uid: 'uid-gone', id: 'v2-a-3', seq: 3 }
    const owner = `${cluster.namespace}/gone`
    await putIn(ref, aFault({ owner, release, host: hostOf('lonely') }, 600_000))
    await gone(ref, 0)
    await eventually('it is told', async () => (await cluster.eventsOf('lonely')).length > 0)
    expect((await cluster.eventsOf('lonely'))[0]).toContain('is gone; its routes were taken out')
  })

  it('is gone at once when somebody took its annotation away', async () => {
    const ref = await create('stripped')
    await putIn(ref, aFault({ host: hostOf('stripped') }, 600_000))
    await cluster.change(ref.kind, ref.name, (object) => {
      const annotations = { ...(object.metadata['annotations'] as object), [FAULTS_ANNOTATION]: undefined }
      return { ...object, metadata: { ...object.metadata, annotations } }
    })
    expect(await gone(ref, 0)).toBeDefined()
  })

  it('follows what strangers write meanwhile, and leaves it', async () => {
    const ref = await create('followed')
    await putIn(ref, aFault({ host: hostOf('followed') }, 6_000))
    const timeout = '9s'
    await cluster.change(ref.kind, ref.name, (object) => {
      const { http = [] } = (object as unknown as VirtualService).spec
      const written = http.map((route) => (route.name === 'primary' ? { ...route, timeout } : route))
      return { ...object, spec: { ...(object['spec'] as object), http: written } }
    })
    const timeouts = async () => (await read(ref))?.spec.http?.map((route) => route['timeout'])
    await expect.poll(timeouts).toEqual([undefined, timeout, undefined, undefined, timeout, undefined])
    await gone(ref, 6_000)
    expect(await timeouts()).toEqual([undefined, timeout, undefined])
  })

  it('that expired while the API server was away is gone within five seconds after it is back', async () => {
    const ref = await create('away')
    await putIn(ref, aFault({ host: hostOf('away') }, 4_000))
    outage = await outageOf(partOf(env, 'kube-apiserver'))
    const until = Date.now() + 20_000
    await eventually('it is away for long', async () => Date.now() > until)
    await outage.end()
    expect(await gone(ref, 0)).toBeDefined()
  })
})

async function create(name: string): Promise<MeshRef> {
  const { metadata, spec, ...rest } = aVirtualService()
  const { namespace } = cluster
  const routes = { hosts: [`${name}.example.com`, hostOf(name)], gateways: ['mesh'] }
  await cluster.create({ ...rest, metadata: { ...metadata, namespace, name }, spec: { ...spec, ...routes } })
  return { kind: 'VirtualService', namespace, name }
}

function hostOf(name: string): string {
  return `${name}.${cluster.namespace}.svc.cluster.local`
}

/** A fault that may stand for so many milliseconds, two seconds unless told otherwise. */
function aFault(changes: Partial<FaultRecord>, forMs = 2_000): FaultRecord {
  const [name, now] = ['ratings-down', Date.now()]
  return {
    id: faultId('somebody', name),
    name,
    owner: 'somebody',
    reason: 'a test',
    host: 'ratings',
    injectedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + forMs).toISOString(),
    meets: { kind: 'Callers', namespace: cluster.namespace, labels: { version: 'v2' } },
    abort: { percent: 100, httpStatus: 503 },
    ...changes,
  }
}

async function putIn(ref: MeshRef, record: FaultRecord): Promise<void> {
  const mesh = istioMesh(cluster.client, cluster.caches)
  expect(await apply(mesh, ref, injectFault(record, cluster.namespace))).toBe('Written')
}

async function read(ref: MeshRef): Promise<VirtualService | undefined> {
  return (await cluster.read(ref.kind, ref.name)) as unknown as VirtualService | undefined
}

/** The object as soon as nothing of ours is in it. */
async function gone(ref: MeshRef, expiresInMs: number): Promise<VirtualService | undefined> {
  const isGone = async () => {
    const object = await read(ref)
    const isLeft = object?.spec.http?.some(({ name }) => name?.startsWith('sluice-fault-'))
    return isLeft === false && object?.metadata.annotations?.[FAULTS_ANNOTATION] === undefined && object
  }
  return eventually('the fault is gone', isGone, expiresInMs + OVERRUN_MS)
}
