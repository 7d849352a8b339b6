import { beforeEach, describe, expect, it } from 'vitest'
import { giveBackFloors } from '../../../src/controller/floors.ts'
import { RefusedError } from '../../../src/ports.ts'
import type { Ports } from '../../../src/ports.ts'
import { minimalSpec } from '../../api/specs.ts'
import { KEY, ROLLOUT } from '../../core/shop.ts'
import { act, drive } from '../drive.ts'
import { Harbour, steps } from './harbour.ts'

let shop: Harbour
beforeEach(() => {
  shop = new Harbour()
  shop.scale('v1', 4)
  shop.autoscale('v1', 1)
})

describe("stable's floor", () => {
  it('is held from the start at the pods that were ready, and given back when it is retired', async () => {
    const retiring = await shop.until('Retiring')
    expect(shop.floor('v1')).toMatchObject({ minReplicas: 4, hold: { rollout: KEY, original: 1 } })
    expect(shop.told('FloorHeld')).toContain(
      'HorizontalPodAutoscaler reviews-v1: minReplicas 1 → 4, until v1 is retired',
    )
    await shop.next(retiring)
    expect(shop.floor('v1')).toEqual({ minReplicas: 1, hold: undefined })
    expect(shop.shop.replicas('v1')).toBe(0)
  })

  it('is at most what the autoscaler allows, which is told', async () => {
    shop.change('HorizontalPodAutoscaler', 'v1', { maxReplicas: 3 })
    await shop.until('Raising')
    expect(shop.floor('v1').minReplicas).toBe(3)
    expect(shop.told('FloorHeld')).toEqual([
      'HorizontalPodAutoscaler reviews-v1: minReplicas 1 → 3, until v1 is retired; its maxReplicas allows no more than that of 4',
    ])
  })

  it('is raised again in the next step when somebody lowers it, and given back as they want it', async () => {
    const observing = await shop.until('Observing')
    shop.change('HorizontalPodAutoscaler', 'v1', { minReplicas: 2 })
    const retiring = await shop.until('Retiring', observing)
    expect(shop.floor('v1').minReplicas).toBe(4)
    await shop.next(retiring)
    expect(shop.floor('v1').minReplicas).toBe(2)
  })

  it('without the right to hold it is told, and the release goes on', async () => {
    const scaling = {
      ...shop.cluster.ports.scaling,
      setFloor: async () => {
        throw new RefusedError('the API server answered 403: no')
      },
    }
    const ports: Ports = { ...shop.cluster.ports, scaling }
    const preparing = await shop.until('Preparing')
    expect((await act(ports, preparing)).type).toBe('Prepared')
    expect(shop.told('FloorRefused')).toEqual([
      'minReplicas of HorizontalPodAutoscaler reviews-v1 could not be written: the API server answered 403: no',
    ])
  })

  it('of several workloads is held at what each of them has', async () => {
    const template = { metadata: { labels: { app: 'reviews', version: 'v1' } } }
    const named = (name: string) => ({ namespace: 'shop', name })
    shop.cluster.store.create({
      kind: 'Deployment',
      metadata: named('reviews-v1-spot'),
      spec: { replicas: 2, template },
    })
    await shop.until('Raising')
    expect(shop.floor('v1').minReplicas).toBe(4)
  })
})

describe('after a rollback', () => {
  const giveBack = async () => giveBackFloors(shop.cluster.ports, KEY)

  async function rolledBack(changes: Record<string, unknown> = {}) {
    shop.cluster.store.change('Rollout', ROLLOUT, (object) => ({
      ...object,
      spec: { ...minimalSpec, ...changes },
    }))
    const observing = await shop.until('Observing', shop.start({}, { steps: steps(50, 100) }))
    shop.answer('v2', 0.2)
    return drive(shop.cluster.ports, observing)
  }

  it("stable's floor stays until its autoscaler has seen the whole load, and the controller gives it back", async () => {
    await rolledBack({ retire: { after: '1h' } })
    expect(shop.floor('v1').minReplicas).toBe(4)
    const waitMs = (await giveBack()) ?? 0
    expect(waitMs).toBeGreaterThan(290_000)
    expect(waitMs).toBeLessThanOrEqual(300_000)
    expect(shop.floor('v1').minReplicas).toBe(4)

    const later = { ...shop.cluster.ports, clock: { now: () => Date.now() + waitMs } }
    expect(await giveBackFloors(later, KEY)).toBeUndefined()
    expect(shop.floor('v1')).toEqual({ minReplicas: 1, hold: undefined })
  })

  it("stable's floor is given back at once where the spec wants no way back", async () => {
    await rolledBack({ retire: { after: '0s' } })
    expect(await giveBack()).toBeUndefined()
    expect(shop.floor('v1')).toEqual({ minReplicas: 1, hold: undefined })
  })

  it('the next release takes it over, and keeps in mind what it was', async () => {
    const { end } = await rolledBack({ retire: { after: '1h' } })
    shop.answer('v2', 0)
    const rollout = shop.cluster.store.read('Rollout', ROLLOUT)!
    const { lastFailed: _failed, ...status } = shop.shop.status
    shop.cluster.store.replaceStatus({ ...rollout, status })
    const again = await shop.until('Raising', shop.start({ templateHash: 'mended' }, {}, end.seq))
    expect(shop.floor('v1')).toMatchObject({ minReplicas: 4, hold: { release: again.id, original: 1 } })
    expect(await giveBack()).toBeUndefined()
    expect(shop.floor('v1').minReplicas).toBe(4)
  })

  it.each(['Done', 'Observing'] as const)(
    'of a Rollout that lost its status it is given back when no release is under way: %s',
    async (phase) => {
      if (phase === 'Done') await rolledBack({ retire: { after: '1h' } })
      else await shop.until('Observing')
      shop.cluster.store.replaceStatus({ ...shop.cluster.store.read('Rollout', ROLLOUT)!, status: {} })
      expect(await giveBack()).toBeUndefined()
      expect(shop.floor('v1').minReplicas).toBe(phase === 'Done' ? 1 : 4)
    },
  )

  it('of a Rollout that is deleted it is given back by the release itself', async () => {
    const observing = await shop.until('Observing')
    await drive(shop.cluster.ports, shop.want(observing, { deleting: true }))
    expect(shop.floor('v1')).toEqual({ minReplicas: 1, hold: undefined })
  })

  it('of a Rollout that is gone, with its workflow, it is given back by the controller', async () => {
    await shop.until('Observing')
    shop.cluster.store.change('Rollout', ROLLOUT, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: [] },
    }))
    shop.cluster.store.delete('Rollout', ROLLOUT)
    await giveBack()
    expect(shop.floor('v1')).toEqual({ minReplicas: 1, hold: undefined })
  })
})
