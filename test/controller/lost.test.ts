import { expect, it } from 'vitest'
import type { RawRollout } from '../../src/api/v1alpha1/rollout.ts'
import { LostReleases } from '../../src/controller/lost.ts'
import type { RolloutStore } from '../../src/ports.ts'

function rollout(name: string, phase: string): RawRollout {
  const meta = { name, namespace: 'shop', uid: name, generation: 1, resourceVersion: '1', finalizers: [] }
  const release = { id: name, seq: 1, phase, version: 'v2', templateHash: 'a', step: 1, steps: 2 }
  return { meta: { ...meta, creationTimestamp: '' }, spec: {}, status: { release } }
}

let open: ReadonlySet<string>
let asked = 0
let rollouts: readonly RawRollout[]
const engine = {
  deliver: async () => undefined,
  open: async () => {
    asked += 1
    return open
  },
}
const lost = () => new LostReleases({ engine, store: { list: () => rollouts } as unknown as RolloutStore })

it('a release in progress without a workflow is lost when it was missing twice', async () => {
  rollouts = [rollout('reviews', 'Observing'), rollout('ratings', 'Observing'), rollout('idle', 'Done')]
  open = new Set(['shop/ratings'])
  const releases = lost()
  expect(await releases.find()).toEqual([])
  expect(await releases.find()).toEqual(['shop/reviews'])
  open = new Set(['shop/ratings', 'shop/reviews'])
  expect(await releases.find()).toEqual([])
  open = new Set(['shop/reviews'])
  expect(await releases.find()).toEqual([])
})

it('while no release is in progress the engine is not asked', async () => {
  rollouts = [rollout('idle', 'Done')]
  asked = 0
  expect(await lost().find()).toEqual([])
  expect(asked).toBe(0)
})
