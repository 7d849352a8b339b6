import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { weightBar } from '../../../src/cli/view/bar.ts'
import { paintOf } from '../../../src/cli/view/paint.ts'

const bar = (weight: number, width = 80) =>
  weightBar({ stable: 'v1', canary: { version: 'v2', weight } }, width, paintOf(false))
const count = (text: string, cell: string) => text.split(cell).length - 1

describe('the weight bar', () => {
  it('shows both versions with their shares', () => {
    expect(bar(20)).toMatch(/^v1 80 % ▒+█+ 20 % v2$/)
  })

  it('fills the width', () => {
    expect([60, 80, 120].map((width) => bar(5, width).length)).toEqual([60, 80, 120])
  })

  it('is all stable when nothing else is tried', () => {
    expect(weightBar({ stable: 'v1' }, 40, paintOf(false))).toMatch(/^v1 100 % ▒+$/)
  })

  it('shows each version that has requests, and none that has not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 30, max: 200 }), (weight, width) => {
        const text = bar(weight, width)
        expect(count(text, '█') > 0).toBe(weight > 0)
        expect(count(text, '▒') > 0).toBe(weight < 100)
      }),
    )
  })

  it('keeps a few cells where names leave no room', () => {
    expect(count(weightBar({ stable: 'a-very-long-version' }, 12, paintOf(false)), '▒')).toBe(10)
  })
})
