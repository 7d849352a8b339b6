import { describe, expect, it } from 'vitest'
import { OwnWrites } from '../../../src/adapters/kubernetes/own-writes.ts'

const at = (resourceVersion: string) => ({ metadata: { name: 'reviews', resourceVersion } })

describe('own writes', () => {
  it('are believed until the watch has caught up', () => {
    const own = new OwnWrites()
    own.note('shop/reviews', at('10'))
    expect(own.newest('shop/reviews', at('9'))).toEqual(at('10'))
    expect(own.newest('shop/reviews', at('10'))).toEqual(at('10'))
  })

  it('never hide what somebody wrote later, even if the watch was faster than the answer to the write', () => {
    const own = new OwnWrites()
    own.note('shop/reviews', at('10'))
    expect(own.newest('shop/reviews', at('11'))).toEqual(at('11'))
  })

  it('are compared as numbers, not as texts', () => {
    const own = new OwnWrites()
    own.note('shop/reviews', at('9'))
    expect(own.newest('shop/reviews', at('10'))).toEqual(at('10'))
  })

  it('do not bring back what was deleted, even if the watch was faster than the answer to the write', () => {
    const own = new OwnWrites()
    own.note('shop/reviews', at('10'))
    expect(own.newest('shop/reviews', undefined)).toBeUndefined()
  })
})
