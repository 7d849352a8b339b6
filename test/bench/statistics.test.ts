import { describe, expect, it } from 'vitest'
import { against, milliseconds, spreadRow } from '../../bench/format.ts'
import { countBy, distribution, quantile } from '../../bench/statistics.ts'

describe('quantile', () => {
  it('is one of the values, and the largest at p99 of few', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2)
    expect(
      quantile(
        Array.from({ length: 30 }, (_, index) => index),
        0.99,
      ),
    ).toBe(29)
    expect(
      quantile(
        Array.from({ length: 200 }, (_, index) => index + 1),
        0.99,
      ),
    ).toBe(198)
  })

  it('of nothing is refused', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError)
    expect(distribution([])).toBeUndefined()
  })
})

describe('countBy', () => {
  it('counts by key, most frequent first, then by name', () => {
    const counts = countBy(['get', 'update', 'create', 'update'], (verb) => verb)
    expect([...counts]).toEqual([
      ['update', 2],
      ['create', 1],
      ['get', 1],
    ])
  })
})

describe('a row of a table', () => {
  it('says whether p99 keeps the goal', () => {
    const spread = { count: 30, p50: 40, p99: 120, max: 120 }
    expect(spreadRow('time', spread, milliseconds, 100)).toEqual(['time', '40 ms', '120 ms', '100 ms MISSED'])
    expect(against(100, 100, milliseconds)).toBe('100 ms kept')
  })

  it('shows what was not measured as a dash', () => {
    expect(spreadRow('time', undefined, milliseconds)).toEqual(['time', '-', '-', ''])
  })
})
