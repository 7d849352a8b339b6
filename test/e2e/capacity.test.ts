import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { KubernetesObject, V1Deployment, V2HorizontalPodAutoscaler } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasWeight } from '../../sandbox/kit/shop.ts'
import type { Shop } from '../../sandbox/kit/shop.ts'
import { eventually, startSluice } from '../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../sandbox/kit/sluice.ts'
import { applyObjects } from '../../sandbox/manifests/index.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import { HELD_ANNOTATION } from '../../src/api/names.ts'
import { podsNeeded } from '../../src/core/policy/capacity.ts'
import { sharesOf } from '../../src/core/traffic/route.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import { record, recordPods } from '../integration/recording.ts'
import type { PodVersion } from '../integration/recording.ts'
import { closeShop, openShop, releaseOver } from './harness.ts'
import type { OpenShop } from './harness.ts'
import { workerSandbox } from '../mesh/sandbox.ts'

/** Pods of stable. */
const PODS = 4
const STEPS = [25, 50, 100].map((weight) => ({ weight, hold: '1s' }))
const AUTOSCALERS = { group: 'autoscaling', version: 'v2', plural: 'horizontalpodautoscalers' }

let sluice: SluiceProcess
beforeAll(async () => {
  sluice = await startSluice(workerSandbox())
  await sluice.ready()
})
afterAll(async () => sluice.stop())

/** A shop with four pods of v1; v2 is deployed without a pod. */
async function openWithPods(name: string, changes: Record<string, unknown> = {}): Promise<OpenShop> {
  const open = await openShop(name, { steps: STEPS, ...changes })
  await open.shop.deploy('v1', {}, PODS)
  await open.shop.podsReady('v1', PODS)
  return open
}

describe.concurrent('a canary without pods', () => {
  it('gets as many as each weight needs before it is written, and stable keeps its own until retired', async () => {
    const open = await openWithPods('capacity-managed')
    const { shop, load } = open
    const routes = await record<VirtualService>(shop, 'virtualservices')
    const pods = await recordPods(shop)
    await shop.deploy('v2', {}, 0)
    await shop.patchRollout({ version: 'v2' })
    await shop.status('v2 is promoted', ({ release }) => release?.phase === 'Retaining')
    expect(await replicas(shop, 'v1')).toBe(PODS)
    await releaseOver(shop, 'v2')
    routes.stop()
    pods.stop()

    const raised = routes.versions
      .map((object) => ({ object, weight: weightOf(shop, object) }))
      .filter(({ weight }) => weight > 0)
    expect(raised.map(({ weight }) => weight)).toEqual(expect.arrayContaining([25, 50, 100]))
    for (const { object, weight } of raised) {
      expect(readyAt(pods.versions, object, 'v2')).toBeGreaterThanOrEqual(podsNeeded(weight, PODS))
      expect(readyAt(pods.versions, object, 'v1')).toBe(PODS)
    }
    expect(await told(shop, 'ScaledUp')).toEqual([
      'deployments.apps/reviews-v2: 0 → 1 replicas, which 25 % needs',
      'deployments.apps/reviews-v2: 1 → 2 replicas, which 50 % needs',
      'deployments.apps/reviews-v2: 2 → 4 replicas, which 100 % needs',
    ])
    expect([await replicas(shop, 'v1'), await replicas(shop, 'v2')]).toEqual([0, PODS])
    expect((await load.snapshot()).foreign).toEqual([])
    await closeShop(open)
  })

  it('is waited for with capacity: Manual, and the status says for how many', async () => {
    const open = await openWithPods('capacity-manual', { capacity: 'Manual' })
    const { shop } = open
    await shop.deploy('v2', {}, 0)
    await shop.patchRollout({ version: 'v2' })
    const says =
      (text: string) =>
      ({ message = '' }: RolloutStatus) =>
        message.includes(text)
    await shop.status('it is told', says('25 % waits for 0 of 1 ready pods of v2; scale it up'))
    await shop.deploy('v2', {}, 1)
    const need = '50 % waits for 1 of 2 ready pods of v2; scale it up, spec.capacity is Manual'
    await shop.status('the next is told', says(need))
    expect(await replicas(shop, 'v2')).toBe(1)
    await shop.deploy('v2', {}, PODS)
    await releaseOver(shop, 'v2')
    expect([await replicas(shop, 'v1'), await replicas(shop, 'v2')]).toEqual([PODS, PODS])
    expect(await told(shop, 'PodsKept')).toHaveLength(1)
    await closeShop(open)
  })
})

describe.concurrent('autoscalers', () => {
  it('are held while a release is under way, also against a stranger, and given back exactly', async () => {
    const open = await openWithPods('capacity-floors', {
      steps: [...STEPS.slice(0, 1), { weight: 50, hold: '8s' }, { weight: 100, hold: '1s' }],
    })
    const { shop } = open
    await applyObjects(shop.config, [autoscaler(shop, 'v1'), autoscaler(shop, 'v2')])
    const before = await floors(shop)
    await shop.deploy('v2', {}, 0)
    await shop.patchRollout({ version: 'v2' })
    await shop.status('50 %', (status) => hasWeight(status, 50))
    expect(minimums(await floors(shop))).toEqual([PODS, 2])
    await shop.custom.patchNamespacedCustomObject(
      { ...AUTOSCALERS, namespace: shop.namespace, name: 'reviews-v2', body: { spec: { minReplicas: 3 } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
    await shop.custom.patchNamespacedCustomObject(
      { ...AUTOSCALERS, namespace: shop.namespace, name: 'reviews-v1', body: { spec: { minReplicas: 2 } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
    await eventually('what was lowered is held again', async () => minimums(await floors(shop))[0] === PODS)
    await releaseOver(shop, 'v2')
    const after = await floors(shop)
    expect(minimums(after)).toEqual([2, 3])
    expect(after.map(withoutFloor)).toEqual(before.map(withoutFloor))
    expect([await replicas(shop, 'v1'), await replicas(shop, 'v2')]).toEqual([0, PODS])
    await closeShop(open)
  })

  it('of a release that was rolled back are given back, and the canary scaled to zero', async () => {
    const open = await openWithPods('capacity-rollback', { retire: { after: '5s' } })
    const { shop } = open
    await applyObjects(shop.config, [autoscaler(shop, 'v1'), autoscaler(shop, 'v2')])
    const before = await floors(shop)
    await shop.deploy('v2', { ERROR_RATE: 1 }, 0)
    await shop.patchRollout({ version: 'v2' })
    await releaseOver(shop, 'v2')
    expect(await told(shop, 'FloorHeld')).toEqual(
      expect.arrayContaining(['HorizontalPodAutoscaler reviews-v1: minReplicas 1 → 4, until v1 is retired']),
    )
    expect([await replicas(shop, 'v1'), await replicas(shop, 'v2')]).toEqual([PODS, 0])
    await eventually("stable's floor is given back", async () => minimums(await floors(shop))[0] === 1)
    expect((await floors(shop)).map(specAndNotes)).toEqual(before.map(specAndNotes))
    await closeShop(open)
  })
})

function autoscaler(shop: Shop, version: string): KubernetesObject {
  const name = `reviews-${version}`
  const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } }
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name }
  const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 9, metrics: [{ type: 'Resource', resource }] }
  const metadata = { name, namespace: shop.namespace, annotations: { note: 'keep' } }
  const object = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata, spec }
  return object
}

/** The autoscalers of v1 and v2. */
async function floors(shop: Shop): Promise<V2HorizontalPodAutoscaler[]> {
  const { items } = (await shop.custom.listNamespacedCustomObject({
    ...AUTOSCALERS,
    namespace: shop.namespace,
  })) as { items: V2HorizontalPodAutoscaler[] }
  return items.toSorted((a, b) => (String(a.metadata?.name) < String(b.metadata?.name) ? -1 : 1))
}

function minimums(autoscalers: readonly V2HorizontalPodAutoscaler[]): unknown[] {
  return autoscalers.map(({ spec }) => spec?.minReplicas)
}

function specAndNotes({ metadata, spec }: V2HorizontalPodAutoscaler) {
  return { annotations: metadata?.annotations, spec }
}

function withoutFloor(object: V2HorizontalPodAutoscaler) {
  const { annotations, spec } = specAndNotes(object)
  expect(annotations).not.toHaveProperty([HELD_ANNOTATION])
  const fields: object = spec ?? {}
  return { annotations, spec: { ...fields, minReplicas: undefined } }
}

/** Replicas that a version's Deployment asks for. */
async function replicas(shop: Shop, version: string): Promise<number | undefined> {
  const deployment = (await shop.custom.getNamespacedCustomObject({
    group: 'apps',
    version: 'v1',
    plural: 'deployments',
    namespace: shop.namespace,
    name: `reviews-${version}`,
  })) as V1Deployment
  return deployment.spec?.replicas
}

/** Messages of the events with a reason, in the order of their weights. */
async function told(shop: Shop, reason: string): Promise<string[]> {
  const events = (await shop.events()).filter((event) => event.reason === reason)
  const from = (message: string) => Number(/: (\d+) →/.exec(message)?.[1] ?? 0)
  // Times of events are whole seconds.
  return events.map(({ message }) => message).toSorted((a, b) => from(a) - from(b))
}

/** Percent of requests that a VirtualService gives v2. */
function weightOf(shop: Shop, object: VirtualService): number {
  const [route = {}] = object.spec.http ?? []
  const shares = sharesOf(object, route, { namespace: shop.namespace, name: 'reviews' })
  return shares.find(({ subset }) => subset?.startsWith('v2'))?.percent ?? 0
}

/** Ready pods of a version at the moment when an object was written: resource versions count all writes of the cluster. */
function readyAt(versions: readonly PodVersion[], { metadata }: VirtualService, version: string): number {
  const at = BigInt(metadata.resourceVersion ?? 0)
  const latest = new Map<string, PodVersion>()
  for (const entry of versions) {
    const { name = '', labels, resourceVersion = '0' } = entry.pod.metadata ?? {}
    if (labels?.['version'] === version && BigInt(resourceVersion) < at) latest.set(name, entry)
  }
  return [...latest.values()].filter(isReady).length
}

function isReady({ pod, isGone }: PodVersion): boolean {
  const isMarked = pod.metadata?.deletionTimestamp !== undefined
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
  return ready === true && !isGone && !isMarked
}
