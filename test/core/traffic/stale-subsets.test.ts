import { describe, expect, it } from 'vitest'
import { addSubset } from '../../../src/core/traffic/edits.ts'
import { withMark } from '../../../src/core/traffic/mark.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import { removeLeftSubset, staleSubsets } from '../../../src/core/traffic/stale-subsets.ts'
import type { SubsetScene } from '../../../src/core/traffic/stale-subsets.ts'
import type { DestinationRule, VirtualService } from '../../../src/core/traffic/types.ts'
import { KEY, V1, aContext, aDestinationRule, aSubset, aVirtualService, to } from '../shop.ts'

const MARK: Mark = {
  rollout: KEY,
  uid: 'uid-reviews',
  release: 'v2-1',
  seq: 9,
  stable: 'v1',
  subsets: ['v2'],
}
const bare = aDestinationRule([aSubset('v1'), aSubset('v2')])
const marked = (changes: Partial<Mark> = {}) => withMark(bare, KEY, { ...MARK, ...changes })

function scene(
  rule: DestinationRule,
  changes: Partial<Omit<SubsetScene, 'destinationRules'>> = {},
): SubsetScene {
  return {
    virtualServices: [aVirtualService([to('v1')])],
    destinationRules: [rule],
    hasPods: () => false,
    versions: () => new Set(),
    ...changes,
  }
}

const found = (...given: Parameters<typeof scene>) =>
  staleSubsets(scene(...given)).map(({ subset, leftBy = 'somebody' }) => `${subset} of ${leftBy}`)

describe('a stale subset', () => {
  it('is one that no route names and no pod has, ours or not', () => {
    expect(found(bare)).toEqual(['v2 of somebody'])
    expect(found(marked())).toEqual(['v2 of shop/reviews'])
  })

  it('is ours only where the mark says that we added it', () => {
    const { subsets: _, ...unsaid } = MARK
    expect(found(withMark(bare, KEY, unsaid))).toEqual(['v2 of somebody'])
  })

  it.each<[string, Partial<SubsetScene>]>([
    [
      'a route of a VirtualService names',
      { virtualServices: [aVirtualService([to('v1', 99), to('v2', 1)])] },
    ],
    ['a VirtualService of another namespace names', { virtualServices: [elsewhere('v1'), elsewhere('v2')] }],
    ['a mirror names', { virtualServices: [aVirtualService([to('v1')], { mirror: to('v2').destination })] }],
    ['has pods', { hasPods: (_, labels) => labels['version'] === 'v2' }],
    ['may have endpoints that nobody sees', { hasPods: () => undefined }],
    ['a Rollout wants, has or tries', { versions: () => new Set(['v2']) }],
  ])('is none that %s', (_, changes) => {
    expect(found(marked(), changes)).toEqual([])
  })

  it('is none while a release is under way, or its way back open, whoever the subset belongs to', () => {
    const rule = aDestinationRule([aSubset('v1'), aSubset('v2'), aSubset('v9')])
    expect(found(withMark(rule, KEY, { ...MARK, canary: 'v3' }))).toEqual([])
    const moved = withMark(aVirtualService([to('v1')]), KEY, { ...MARK, canary: 'v3' })
    expect(found(withMark(rule, KEY, MARK), { virtualServices: [moved] })).toEqual([])
  })

  it("is never stable's, even where nobody names it", () => {
    const mark = { ...MARK, subsets: ['v1', 'v2'] }
    expect(found(withMark(bare, KEY, mark), { virtualServices: [] })).toEqual(['v2 of shop/reviews'])
  })

  it('is none of a host that is no Service of the cluster', () => {
    for (const host of ['api.example.com', '*.shop.svc.cluster.local', 'reviews.shop'])
      expect(found(aDestinationRule([aSubset('v2')], host), { virtualServices: [] })).toEqual([])
  })
})

describe('taking a subset out that we left', () => {
  it('takes it from rule and mark, and nothing else', () => {
    const { subsets: _, ...rest } = MARK
    expect(removeLeftSubset('v2')(marked())).toEqual({
      object: withMark(aDestinationRule([aSubset('v1')]), KEY, rest),
    })
  })

  it('leaves it when a release has begun meanwhile, or it is not ours', () => {
    const begun = addSubset(aContext(10, { stable: V1 }), 'version')(marked())
    for (const object of ['object' in begun ? begun.object : bare, bare])
      expect(removeLeftSubset('v2')(object)).toEqual({ object })
  })
})

function elsewhere(subset: string): VirtualService {
  const object = aVirtualService([to(subset, undefined, 'reviews.shop.svc.cluster.local')])
  return { ...object, metadata: { ...object.metadata, namespace: 'edge', name: subset } }
}
