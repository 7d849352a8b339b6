import { describe, expect, it } from 'vitest'
import { refuseClaim, refuseLower, refuseRaise } from '../../../src/core/traffic/fence.ts'
import type { Refusal } from '../../../src/core/traffic/fence.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'

const WRITER = { rollout: 'shop/reviews', uid: 'uid-1', release: 'v2-a-1', seq: 5 }
const OWN: Mark = { ...WRITER, stable: 'v1' }

type Row = [string, Mark | undefined, Refusal | undefined, Refusal | undefined, Refusal | undefined]

describe('the fence', () => {
  it.each<Row>([
    // what stands in the object, and what it says to a claim, a raise, a lowering
    ['no mark', undefined, undefined, 'Halted', undefined],
    ['an own earlier write', { ...OWN, seq: 4 }, undefined, undefined, undefined],
    ['an own write of the same action', OWN, undefined, undefined, undefined],
    ['an own later write', { ...OWN, seq: 6 }, 'Stale', 'Stale', 'Stale'],
    ['an own write that halted', { ...OWN, halted: true }, 'Halted', 'Halted', undefined],
    ['an earlier release', { ...OWN, release: 'v0', seq: 4 }, undefined, 'Stale', undefined],
    [
      'an earlier release that was halted',
      { ...OWN, release: 'v0', seq: 4, halted: true },
      undefined,
      'Stale',
      undefined,
    ],
    ['a later release', { ...OWN, release: 'v3', seq: 6 }, 'Stale', 'Stale', 'Stale'],
    [
      'a Rollout of the same name before',
      { ...OWN, uid: 'uid-0', seq: 4, halted: true },
      undefined,
      'Stale',
      undefined,
    ],
  ])('with %s standing in the object', (_, mark, claim, raise, lower) => {
    expect(refuseClaim(mark, WRITER)).toBe(claim)
    expect(refuseRaise(mark, WRITER)).toBe(raise)
    expect(refuseLower(mark, WRITER)).toBe(lower)
  })
})
