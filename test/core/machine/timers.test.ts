import { describe, expect, it } from 'vitest'
import type { Phase } from '../../../src/core/machine/state.ts'
import { pauseOf } from '../../../src/core/machine/timers.ts'
import { START, aState } from '../shop.ts'

describe('a state waits', () => {
  it.each([
    [1, 5_000],
    [2, 10_000],
    [3, 15_000],
    [1_000, 15_000],
  ])('after refusal %i for %i ms', (refusals, expected) => {
    expect(pauseOf(aState('Refused', { refusals }), START)).toBe(expected)
  })

  it('after a promotion until the old version may be retired, and not longer after a restart', () => {
    const state = aState('Retaining', { phaseAt: START })
    expect(pauseOf(state, START)).toBe(30_000)
    expect(pauseOf(state, START + 29_000)).toBe(1_000)
    expect(pauseOf(state, START + 99_000)).toBe(0)
  })

  it.each<Phase>([
    'Preflight',
    'Preparing',
    'Raising',
    'Observing',
    'Promoting',
    'Retiring',
    'Lowering',
    'Cleaning',
    'Forgetting',
    'Done',
  ])('not in %s, which does something instead', (phase) => {
    expect(pauseOf(aState(phase), START)).toBeUndefined()
  })
})
