import { describe, expect, it } from 'vitest'
import { keyOf, refOf, workflowId } from '../../src/api/names.ts'

describe('a reference', () => {
  it('is read as it was written', () => {
    const ref = { namespace: 'shop', name: 'reviews' }
    expect(keyOf(ref)).toBe('shop/reviews')
    expect(refOf(keyOf(ref))).toEqual(ref)
  })

  it.each(['reviews', '', '/reviews'])('is not %j', (key) => {
    expect(() => refOf(key)).toThrow(RangeError)
  })
})

describe('a workflow', () => {
  it('has one id for a Rollout in a cluster', () => {
    expect(workflowId('demo', { namespace: 'shop', name: 'reviews' })).toBe('rollout:demo/shop/reviews')
  })
})
