import { beforeEach, describe, expect, it } from 'vitest'
import { RefusedError } from '../../../src/ports.ts'
import type { Ports } from '../../../src/ports.ts'
import { ROLLOUT } from '../../core/shop.ts'
import { act, drive } from '../drive.ts'
import { Harbour, steps } from './harbour.ts'

const REVIEWS_V1 = { namespace: 'shop', name: 'reviews-v1' }

let shop: Harbour
beforeEach(() => {
  shop = new Harbour()
  shop.scale('v1', 4)
  shop.scale('v2', 4)
})

const deployment = () => shop.cluster.store.read('Deployment', REVIEWS_V1)

describe('the old version', () => {
  it('waits for the pods that a budget needs besides, and says so', async () => {
    shop.budget(3)
    const retiring = await shop.until('Retiring')
    for (const index of [2, 3])
      shop.cluster.store.delete('Pod', { namespace: 'shop', name: `reviews-v2-${index}` })
    const retired = act(shop.cluster.ports, retiring)
    await expect
      .poll(() => shop.shop.status.message)
      .toBe('v1 is kept for now: PodDisruptionBudget reviews needs 3 ready pods, 2 would remain')
    expect(shop.shop.replicas('v1')).toBe(4)
    shop.scale('v2', 5)
    await retired
    expect(shop.shop.replicas('v1')).toBe(0)
    expect(shop.told('PodsKept')).toEqual([])
  })

  it('keeps its pods where a budget needs them for long, or something else is wanted', async () => {
    shop.budget(5)
    const retiring = await shop.until('Retiring')
    await act(shop.cluster.ports, {
      ...retiring,
      phaseAt: retiring.phaseAt - retiring.plan.progressDeadlineMs,
    })
    await act(shop.cluster.ports, { ...retiring, wanted: { ...retiring.wanted, version: 'v3' } })
    shop.cluster.store.change('Rollout', { namespace: 'shop', name: 'reviews' }, (object) => ({
      ...object,
      spec: { version: 'v3' },
    }))
    await act(shop.cluster.ports, retiring)
    expect(shop.shop.replicas('v1')).toBe(4)
    expect(new Set(shop.told('PodsKept'))).toEqual(
      new Set([
        'the pods of v1 are kept: PodDisruptionBudget reviews needs 5 ready pods, 4 would remain; scale it down yourself',
      ]),
    )
  })

  it('is deleted where the spec says so', async () => {
    await drive(shop.cluster.ports, shop.start({}, { retirePolicy: 'Delete' }))
    expect(deployment()).toBeUndefined()
    expect(shop.shop.replicas('v2')).toBe(4)
  })

  it('is not deleted once a tool tracks it, but scaled to zero', async () => {
    const retiring = await shop.until('Retiring', shop.start({}, { retirePolicy: 'Delete' }))
    shop.cluster.store.change('Deployment', REVIEWS_V1, (object) => ({
      ...object,
      metadata: { ...object.metadata, annotations: { 'meta.helm.sh/release-name': 'shop' } },
    }))
    await shop.next(retiring)
    expect(shop.shop.replicas('v1')).toBe(0)
    expect(shop.told('DeleteRefused')).toEqual([
      'deployments.apps/reviews-v1 was not deleted: Helm tracks it, and would bring it back; it is scaled to 0 instead',
    ])
  })

  it('is not deleted without the right to do so, but scaled to zero', async () => {
    const retiring = await shop.until('Retiring', shop.start({}, { retirePolicy: 'Delete' }))
    const scaling = {
      ...shop.cluster.ports.scaling,
      remove: async () => {
        throw new RefusedError('the API server answered 403: no')
      },
    }
    const ports: Ports = { ...shop.cluster.ports, scaling }
    await act(ports, retiring)
    expect(shop.shop.replicas('v1')).toBe(0)
    expect(shop.told('DeleteRefused')).toHaveLength(1)
  })

  it('is refused to be deleted from the start where a tool tracks it', async () => {
    shop.cluster.store.change('Deployment', REVIEWS_V1, (object) => ({
      ...object,
      metadata: { ...object.metadata, annotations: { 'argocd.argoproj.io/tracking-id': 'shop' } },
    }))
    const refused = await shop.next(shop.start({}, { retirePolicy: 'Delete' }))
    expect(refused.findings).toMatchObject([{ reason: 'WorkloadTracked' }])
  })

  it('of a kind without a size is left, and reported', async () => {
    const { spec } = deployment() as unknown as { spec: { template: object } }
    const retiring = await shop.until('Retiring')
    shop.cluster.store.create({ kind: 'DaemonSet', metadata: REVIEWS_V1, spec: { template: spec.template } })
    await shop.next(retiring)
    expect(shop.told('ScaleDownRefused')).toEqual([
      'daemonsets.apps/reviews-v1 was not scaled to 0: its kind has no replicas; scale it down yourself',
    ])
  })
})

describe('a Rollout that is deleted while pods are kept for a budget', () => {
  const isDeleted = () =>
    shop.cluster.store.change('Rollout', ROLLOUT, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: ['any'], deletionTimestamp: new Date().toISOString() },
    }))

  it.each(['Retiring', 'Cleaning'] as const)('is waited for no longer while %s', async (phase) => {
    shop.budget(7)
    const observing = await shop.until('Observing', shop.start({}, { steps: steps(50, 100) }))
    if (phase === 'Cleaning') shop.answer('v2', 0.2)
    const ended = act(shop.cluster.ports, await shop.until(phase, observing))
    await expect.poll(() => shop.shop.status.message).toMatch(/^v[12] is kept for now/)
    isDeleted()
    await ended
    expect(shop.told('PodsKept')).toHaveLength(1)
    expect([shop.shop.replicas('v1'), shop.shop.replicas('v2')]).toEqual([4, 4])
  })
})

describe('a canary that was taken back', () => {
  it('is scaled to zero, not deleted', async () => {
    const plan = { retirePolicy: 'Delete', steps: steps(50, 100) } as const
    const observing = await shop.until('Observing', shop.start({}, plan))
    shop.answer('v2', 0.2)
    await drive(shop.cluster.ports, observing)
    expect(shop.shop.replicas('v2')).toBe(0)
    expect(deployment()).toBeDefined()
  })

  it('keeps its pods where a budget needs them', async () => {
    shop.budget(6)
    const observing = await shop.until('Observing', shop.start({}, { steps: steps(50, 100) }))
    shop.answer('v2', 0.2)
    const cleaning = await shop.until('Cleaning', observing)
    const cleaned = act(shop.cluster.ports, { ...cleaning, phaseAt: Date.now() - 59_000 })
    await expect.poll(() => shop.shop.status.message).toMatch(/^v2 is kept for now: PodDisruptionBudget/)
    await cleaned
    expect(shop.shop.replicas('v2')).toBe(4)
    expect(shop.told('PodsKept')).toHaveLength(1)
  })
})
