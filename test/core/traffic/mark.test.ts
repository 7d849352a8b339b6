import { describe, expect, it } from 'vitest'
import { MARK_ANNOTATION } from '../../../src/api/names.ts'
import { markOf, marksOf, withMark } from '../../../src/core/traffic/mark.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'
import type { VirtualService } from '../../../src/core/traffic/types.ts'
import { KEY, aVirtualService } from '../shop.ts'

const MINE: Mark = {
  rollout: KEY,
  uid: 'uid-1',
  release: 'v2-a-1',
  seq: 5,
  stable: 'v1',
  canary: 'v2',
  weight: 20,
}
const THEIRS: Mark = { rollout: 'shop/images', uid: 'uid-2', release: 'v9-a-1', seq: 80, stable: 'v8' }

function annotated(text: string): VirtualService {
  const object = aVirtualService()
  return { ...object, metadata: { ...object.metadata, annotations: { [MARK_ANNOTATION]: text } } }
}

describe('marks', () => {
  it('are read as they were written', () => {
    expect(markOf(withMark(aVirtualService(), KEY, MINE), KEY)).toEqual(MINE)
  })

  it('of several Rollouts stand side by side in one object', () => {
    const both = withMark(withMark(aVirtualService(), 'shop/images', THEIRS), KEY, MINE)
    expect(marksOf(both)).toEqual([THEIRS, MINE])
    const later = withMark(both, 'shop/images', { ...THEIRS, seq: 81 })
    expect(markOf(later, KEY)).toEqual(MINE)
    expect(marksOf(withMark(later, 'shop/images', undefined))).toEqual([MINE])
  })

  it('leave no trace when they go, and no empty annotations', () => {
    const object = aVirtualService()
    expect(withMark(withMark(object, KEY, MINE), KEY, undefined)).toEqual(object)
    const { annotations: _none, ...metadata } = object.metadata
    const bare = { ...object, metadata }
    expect(withMark(withMark(bare, KEY, MINE), KEY, undefined)).toEqual(bare)
  })

  it('have the same text for the same mark, whatever the order of its fields', () => {
    const turned = Object.fromEntries(Object.entries(MINE).toReversed()) as unknown as Mark
    expect(withMark(aVirtualService(), KEY, turned)).toEqual(withMark(aVirtualService(), KEY, MINE))
  })

  it.each([
    ['no JSON', 'v2 at 20 %'],
    ['an object instead of a list', JSON.stringify(MINE)],
    ['a mark without a sequence', JSON.stringify([{ ...MINE, seq: undefined }])],
    ['a sequence that is no whole number', JSON.stringify([{ ...MINE, seq: 1.5 }])],
    ['a sequence as text', JSON.stringify([{ ...MINE, seq: '5' }])],
    ['a mark without a Rollout', JSON.stringify([{ ...MINE, rollout: undefined }])],
    ['null in the list', '[null]'],
    ['nothing', ''],
  ])('are none in an annotation with %s: no raise passes without a mark', (_, text) => {
    expect(marksOf(annotated(text))).toEqual([])
  })

  it('survive beside one that is malformed', () => {
    expect(marksOf(annotated(JSON.stringify([null, THEIRS])))).toEqual([THEIRS])
  })
})
