import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ReleaseState } from '../../../src/core/machine/state.ts'
import { RefusedError } from '../../../src/ports.ts'
import type { Ports } from '../../../src/ports.ts'
import { act, drive } from '../drive.ts'
import { Harbour, steps } from './harbour.ts'

let shop: Harbour
beforeEach(() => {
  shop = new Harbour()
  shop.scale('v1', 4)
  shop.scale('v2', 0)
})

/** Replicas that the canary's Deployment has had, one after the other. */
function recordSizes(): unknown[] {
  const sizes: unknown[] = [shop.shop.replicas('v2')]
  shop.cluster.store.subscribe(({ kind, metadata, ...object }) => {
    if (kind !== 'Deployment' || metadata.name !== 'reviews-v2') return
    const { replicas } = object['spec'] as { replicas?: number }
    if (replicas !== sizes.at(-1)) sizes.push(replicas)
  })
  return sizes
}

describe('a canary with capacity: Managed', () => {
  it('grows before each weight that needs it, and stable stays whole until it is retired', async () => {
    const sizes = recordSizes()
    const start = shop.start({}, { steps: steps(25, 50, 100) })
    const retiring = await shop.until('Retiring', start)
    expect(sizes).toEqual([0, 1, 2, 4])
    expect(shop.shop.replicas('v1')).toBe(4)
    await shop.next(retiring)
    expect([shop.shop.replicas('v1'), shop.shop.replicas('v2')]).toEqual([0, 4])
    expect(shop.told('ScaledUp')).toEqual([
      'deployments.apps/reviews-v2: 0 → 1 replicas, which 25 % needs',
      'deployments.apps/reviews-v2: 1 → 2 replicas, which 50 % needs',
      'deployments.apps/reviews-v2: 2 → 4 replicas, which 100 % needs',
    ])
  })

  it('is never written where it is large enough, and never lowered', async () => {
    shop.scale('v2', 7)
    const scale = vi.spyOn(shop.cluster.ports.scaling, 'scale')
    const setFloor = vi.spyOn(shop.cluster.ports.scaling, 'setFloor')
    await shop.until('Retaining')
    expect([...scale.mock.calls, ...setFloor.mock.calls]).toEqual([])
    expect(shop.shop.replicas('v2')).toBe(7)
  })

  it('that fails is scaled to zero, however far it had grown', async () => {
    const start = shop.start({}, { steps: steps(50, 100) })
    const observing = await shop.until('Observing', start)
    expect(shop.shop.replicas('v2')).toBe(2)
    shop.answer('v2', 0.2)
    await drive(shop.cluster.ports, observing)
    expect([shop.shop.replicas('v1'), shop.shop.replicas('v2')]).toEqual([4, 0])
  })

  it('waits for pods that it has asked for', async () => {
    shop.nursery.ready = 2
    const start = shop.start({}, { steps: steps(50, 100) })
    const observing = await shop.until('Observing', start)
    let isOver = false
    const passed = act(shop.cluster.ports, observing).finally(() => (isOver = true))
    await expect.poll(() => shop.shop.replicas('v2')).toBe(4)
    expect(isOver).toBe(false)
    shop.shop.setReady('v2', true)
    expect((await passed).type).toBe('Passed')
  })

  it('is taken back when its pods for the next weight are not ready in time', async () => {
    shop.nursery.ready = 2
    const start = shop.start({}, { steps: steps(50, 100), progressDeadlineMs: 200 })
    const lowering = await shop.next(await shop.until('Observing', start))
    expect(lowering).toMatchObject({
      phase: 'Lowering',
      ending: { message: '2 of 4 needed pods of v2 were ready after 200ms' },
    })
  })

  it('is not scaled for a step that is paused', async () => {
    const observing = await shop.until('Observing', shop.start({}, { steps: steps(50, 100) }))
    shop.cluster.store.change('Rollout', { namespace: 'shop', name: 'reviews' }, (object) => ({
      ...object,
      spec: { paused: true },
    }))
    const passed = act(shop.cluster.ports, observing)
    await expect.poll(() => shop.shop.status.message).toContain('waits for spec.paused to be false')
    expect(shop.shop.replicas('v2')).toBe(2)
    shop.cluster.store.change('Rollout', { namespace: 'shop', name: 'reviews' }, (object) => ({
      ...object,
      spec: {},
    }))
    expect((await passed).type).toBe('Passed')
    expect(shop.shop.replicas('v2')).toBe(4)
  })

  it('without the right to scale it waits, and says why', async () => {
    const scaling = {
      ...shop.cluster.ports.scaling,
      scale: async () => {
        throw new RefusedError('the API server answered 403: deployments/scale is forbidden')
      },
    }
    const ports: Ports = { ...shop.cluster.ports, scaling }
    const preparing = await shop.until('Preparing', shop.start({}, { progressDeadlineMs: 200 }))
    expect((await act(ports, preparing)).type).toBe('DeadlineExceeded')
    expect(shop.told('ScaleUpRefused')).toEqual([
      'deployments.apps/reviews-v2 was not scaled to 1: the API server answered 403: deployments/scale is forbidden; scale it up yourself',
    ])
  })

  it('is not scaled by a worker that is behind', async () => {
    const preparing = await shop.until('Preparing', shop.start({}, { progressDeadlineMs: 200 }))
    const rollout = shop.cluster.store.read('Rollout', { namespace: 'shop', name: 'reviews' })!
    const release = { ...shop.shop.status.release, seq: preparing.seq + 2, phase: 'Cleaning' }
    shop.cluster.store.replaceStatus({ ...rollout, status: { release } })
    await act(shop.cluster.ports, preparing)
    expect(shop.shop.replicas('v2')).toBe(0)
  })
})

describe('a canary with an autoscaler', () => {
  it('is held at what each weight needs, woken from 0, and given back at retirement', async () => {
    shop.autoscale('v2', 1)
    const sizes = recordSizes()
    const start = shop.start({}, { steps: steps(25, 50, 100) })
    const retiring = await shop.until('Retiring', start)
    expect(sizes).toEqual([0, 1, 2, 4])
    expect(shop.floor('v2')).toMatchObject({ minReplicas: 4, hold: { original: 1, floor: 4 } })
    await shop.next(retiring)
    expect(shop.floor('v2')).toEqual({ minReplicas: 1, hold: undefined })
    expect(shop.shop.replicas('v2')).toBe(4)
  })

  it('that may not grow as far is taken back at the deadline, and the message names it', async () => {
    shop.autoscale('v2', 1, 3)
    const start = shop.start({}, { steps: steps(50, 100), progressDeadlineMs: 200 })
    const lowering = await shop.next(await shop.until('Observing', start))
    expect(lowering.ending?.message).toBe(
      '3 of 4 needed pods of v2 were ready after 200ms; HorizontalPodAutoscaler reviews-v2 allows 3 at most',
    )
  })

  it('that was taken back is given back, and scaled to zero', async () => {
    shop.autoscale('v2', 1)
    const observing = await shop.until('Observing', shop.start({}, { steps: steps(50, 100) }))
    expect(shop.floor('v2').minReplicas).toBe(2)
    shop.answer('v2', 0.2)
    await drive(shop.cluster.ports, observing)
    expect(shop.floor('v2')).toEqual({ minReplicas: 1, hold: undefined })
    expect(shop.shop.replicas('v2')).toBe(0)
  })
})

describe('a canary with capacity: Manual', () => {
  const manual = (changes: Partial<ReleaseState['plan']> = {}) =>
    shop.start({}, { capacity: 'Manual', steps: steps(50, 100), ...changes })

  it('waits for the user, without a deadline, and says how many pods it needs', async () => {
    const preparing = await shop.until('Preparing', manual({ progressDeadlineMs: 50 }))
    const prepared = act(shop.cluster.ports, preparing)
    await expect
      .poll(() => shop.shop.status.message)
      .toBe('50 % waits for 0 of 2 ready pods of v2; scale it up, spec.capacity is Manual')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(shop.shop.replicas('v2')).toBe(0)
    shop.scale('v2', 2)
    expect((await prepared).type).toBe('Prepared')
  })

  it('has the deadline for pods that the user has brought, and that do not become ready', async () => {
    shop.nursery.ready = 1
    shop.scale('v2', 2)
    const preparing = await shop.until('Preparing', manual({ progressDeadlineMs: 50 }))
    expect(await act(shop.cluster.ports, preparing)).toMatchObject({
      type: 'DeadlineExceeded',
      message: '1 of 2 needed pods of v2 were ready after 50ms',
    })
  })

  it('says in its step what the next one needs', async () => {
    shop.scale('v2', 2)
    const observing = await shop.until('Observing', manual())
    const passed = act(shop.cluster.ports, observing)
    await expect
      .poll(() => shop.shop.status.message)
      .toMatch(/; 100 % waits for 2 of 4 ready pods of v2; scale it up, spec.capacity is Manual$/)
    shop.scale('v2', 4)
    expect((await passed).type).toBe('Passed')
  })

  it('is not scaled down either, nor is stable, and no floor is held', async () => {
    shop.scale('v2', 4)
    shop.autoscale('v1', 1)
    await drive(shop.cluster.ports, manual())
    expect([shop.shop.replicas('v1'), shop.shop.replicas('v2')]).toEqual([4, 4])
    expect(shop.told('FloorHeld')).toEqual([])
    expect(shop.told('PodsKept')).toEqual([
      'the pods of v1 are kept: spec.capacity is Manual; scale it down yourself',
    ])
  })
})
