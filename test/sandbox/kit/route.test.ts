import { describe, expect, it } from 'vitest'
import { destinationsOf, weightOf } from '../../../sandbox/kit/route.ts'
import { meshOf } from './mesh.ts'

describe('the weight of a version', () => {
  const split = meshOf({
    route: [
      ['v1', 95],
      ['v2', 5],
    ],
    subsets: ['v1', 'v2'],
  })

  it.each([
    ['v1', 95],
    ['v2', 5],
    ['v3', 0],
  ])('is, for %s, what the route gives to its subset: %i %', (version, weight) => {
    expect(weightOf(split, version)).toBe(weight)
  })

  it('is all for an only destination, which needs no weight', () => {
    expect(weightOf(meshOf({ route: [['v2']], subsets: ['v2'] }), 'v2')).toBe(100)
  })

  it('is none where nothing leads to it', () => {
    expect(weightOf(meshOf({ route: [], subsets: ['v2'] }), 'v2')).toBe(0)
  })
})

it('a destination whose subset is not there has no version', () => {
  const mesh = meshOf({ route: [['v2', 100]], subsets: ['v1'] })
  expect(destinationsOf(mesh)).toEqual([{ version: undefined, weight: 100 }])
})
