import { describe, expect, it } from 'vitest'
import { growing, podsAwaited, podsNeeded, replicasOf } from '../../../src/core/policy/capacity.ts'
import type { PodCount } from '../../../src/core/policy/capacity.ts'

describe('the pods that a weight needs', () => {
  it.each([
    [5, 4, 1],
    [25, 4, 1],
    [26, 4, 2],
    [50, 3, 2],
    [100, 4, 4],
    [0, 4, 1],
    [100, 0, 1],
  ])('of %i %% beside %i of stable are %i', (weight, stable, needed) => {
    expect(podsNeeded(weight, stable)).toBe(needed)
  })
})

describe('what is waited for', () => {
  const short: PodCount = { version: 'v2', needed: 4, ready: 2, replicas: 2 }

  it('is nothing when enough pods are ready', () => {
    expect(podsAwaited({ ...short, ready: 4 }, 'Managed')).toBeUndefined()
  })

  it.each([
    ['pods on their way', { replicas: 4 }, 'Managed', ''],
    ['replicas that are just asked for', {}, 'Managed', ''],
    ['replicas that the user must bring', {}, 'Manual', '; scale it up, spec.capacity is Manual'],
    ['pods that the user has asked for', { replicas: 4 }, 'Manual', ''],
    [
      'a workload that has no size',
      { replicas: undefined },
      'Managed',
      '; none of its workloads can be scaled',
    ],
    [
      'more than the autoscaler allows',
      { ceiling: { name: 'reviews-v2', maxReplicas: 3 } },
      'Managed',
      '; HorizontalPodAutoscaler reviews-v2 allows 3 at most',
    ],
    ['pods of a release that began before there was a choice', {}, undefined, ''],
  ] as const)('says who must do something about %s', (_, changes, capacity, remedy) => {
    expect(podsAwaited({ ...short, ...changes }, capacity)).toBe(`2 of 4 ready pods of v2${remedy}`)
  })
})

describe('the workload that grows', () => {
  it('is the only one, to all that is needed', () => {
    const workload = { name: 'a', replicas: 0 }
    expect(growing([workload], 3)).toEqual({ workload, to: 3 })
  })

  it('is the first by name of several, to what the others lack', () => {
    const workloads = [
      { name: 'b', replicas: 1 },
      { name: 'a', replicas: 0 },
    ]
    expect(growing(workloads, 3)).toEqual({ workload: workloads[1], to: 2 })
  })

  it('is never one without a size', () => {
    expect(growing([{ name: 'daemon' }], 3)).toBeUndefined()
    expect(replicasOf([{ name: 'daemon' }])).toBeUndefined()
    expect(growing([{ name: 'daemon' }, { name: 'other', replicas: 1 }], 3)?.workload.name).toBe('other')
  })
})
