import { describe, expect, it } from 'vitest'
import { remainsOf } from '../../../sandbox/kit/remains.ts'
import { meshOf } from './mesh.ts'
import type { MeshShape } from './mesh.ts'

const mark = { rollout: 'shop/reviews', stable: 'v2', seq: 7 }
const before = meshOf({ route: [['v1', 100]], subsets: ['v1'] })
const clean: MeshShape = { route: [['v2', 100]], subsets: ['v2'], marks: [mark] }

/** What a clean mesh has left with some changes. */
const left = (changes: Partial<MeshShape>) => remainsOf(before, meshOf({ ...clean, ...changes }), 'v2')

describe('after a release', () => {
  it('nothing is left when one version, a mark without a canary, and all foreign fields are there', () => {
    expect(left({})).toEqual([])
  })

  it('a second subset is named', () => {
    expect(left({ subsets: ['v1', 'v2'] })).toEqual(['the rule has the subsets v1, v2'])
  })

  it('a second destination is named, whatever its weight', () => {
    const route = [
      ['v2', 100],
      ['v1', 0],
    ] as const
    expect(left({ route })).toContain('the route leads to v2, nobody')
  })

  it('another version than the expected one is named', () => {
    expect(left({ route: [['v1', 100]], subsets: ['v1'] })).toEqual(['the route leads to v1'])
  })

  it('a route to nobody is named', () => {
    expect(left({ route: [] })).toContain('the route leads to nobody')
  })

  it('a canary left in a mark is named, on each object', () => {
    expect(left({ marks: [{ ...mark, canary: 'v3' }] })).toEqual([
      'VirtualService still names the canary v3',
      'DestinationRule still names the canary v3',
    ])
  })

  it('a changed timeout is a changed foreign field', () => {
    expect(left({ timeout: '10s' })).toEqual(['VirtualService: foreign fields changed'])
  })

  it('a changed traffic policy is a changed foreign field', () => {
    expect(left({ policy: 'RANDOM' })).toEqual(['DestinationRule: foreign fields changed'])
  })

  it('a foreign annotation that was added is a changed foreign field', () => {
    expect(left({ note: 'mine' })).toEqual([
      'VirtualService: foreign fields changed',
      'DestinationRule: foreign fields changed',
    ])
  })
})
