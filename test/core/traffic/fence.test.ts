import { describe, expect, it } from 'vitest'
import { refuseClaim, refuseLower, refuseRaise } from '../../../src/core/traffic/fence.ts'
import type { Refusal } from '../../../src/core/traffic/fence.ts'
import type { Mark } from '../../../src/core/traffic/mark.ts'

const WRITER = { rollout: 'shop/reviews', uid: 'uid-1', release: 'v2-a-1', seq: 5 }
const OWN: Mark = { ...WRITER, stable: 'v1' }

interface Answers {
  readonly claim?: Refusal
  readonly raise?: Refusal
  readonly lower?: Refusal
}

const BEHIND: Answers = { claim: 'Stale', raise: 'Stale', lower: 'Stale' }

describe('the fence', () => {
  it.each<[string, Mark | undefined, Answers]>([
    ['no mark', undefined, { raise: 'Halted' }],
    ['an own earlier write', { ...OWN, seq: 4 }, {}],
    ['an own write of the same action', OWN, {}],
    ['an own later write', { ...OWN, seq: 6 }, BEHIND],
    ['an own write that halted', { ...OWN, halted: true }, { claim: 'Halted', raise: 'Halted' }],
    ['an earlier release', { ...OWN, release: 'v0', seq: 4 }, { raise: 'Stale' }],
    ['an earlier release that was halted', { ...OWN, release: 'v0', halted: true }, { raise: 'Stale' }],
    ['a later release', { ...OWN, release: 'v3', seq: 6 }, BEHIND],
    ['a Rollout of the same name before', { ...OWN, uid: 'uid-0', halted: true }, { raise: 'Stale' }],
  ])('with %s standing in the object', (_, mark, expected) => {
    const answers = {
      claim: refuseClaim(mark, WRITER),
      raise: refuseRaise(mark, WRITER),
      lower: refuseLower(mark, WRITER),
    }
    expect(answers).toEqual({ claim: undefined, raise: undefined, lower: undefined, ...expected })
  })
})
