import { describe, expect, it } from 'vitest'
import { podsNeeded } from '../../../src/core/policy/capacity.ts'
import { podFacts } from '../../../src/core/policy/pods.ts'
import { templateHashOf } from '../../../src/core/policy/templates.ts'

describe('the pods that a weight needs', () => {
  it.each([
    [5, 4, 1],
    [20, 4, 1],
    [50, 4, 2],
    [51, 4, 3],
    [100, 4, 4],
    [5, 100, 5],
    [1, 1, 1],
    [100, 0, 1],
    [0, 10, 1],
  ])('%i %% of %i pods are %i', (weight, stablePods, expected) => {
    expect(podsNeeded(weight, stablePods)).toBe(expected)
  })
})

describe('pods', () => {
  it('that are being deleted are no longer there', () => {
    const pod = { ready: true, crashing: false, terminating: false }
    const pods = [pod, { ...pod, ready: false, crashing: true }, { ...pod, terminating: true }]
    expect(podFacts(pods)).toEqual({ total: 2, ready: 1, crashing: 1 })
    expect(podFacts([])).toEqual({ total: 0, ready: 0, crashing: 0 })
  })
})

describe('the template of a version', () => {
  const one = { kind: 'Deployment', name: 'reviews-v2', templateHash: 'a' }
  const two = { kind: 'StatefulSet', name: 'cache-v2', templateHash: 'b' }

  it('is empty without a workload', () => {
    expect(templateHashOf([])).toBe('')
  })

  it('is that of all its workloads, in any order', () => {
    expect(templateHashOf([one, two])).toBe(templateHashOf([two, one]))
    expect(templateHashOf([one])).not.toBe(templateHashOf([one, two]))
  })

  it('changes with any of them', () => {
    expect(templateHashOf([one, { ...two, templateHash: 'c' }])).not.toBe(templateHashOf([one, two]))
    expect(templateHashOf([one, { ...two, name: 'x' }])).not.toBe(templateHashOf([one, two]))
  })
})
