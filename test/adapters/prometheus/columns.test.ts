import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutBefore, sizeOf, takeIn } from '../../../src/adapters/prometheus/columns.ts'
import type { Columns } from '../../../src/adapters/prometheus/columns.ts'

const columns = (...samples: (readonly [number, number])[]): Columns => ({
  times: samples.map(([at]) => at),
  values: samples.map(([, value]) => value),
})
const taken = (old: Columns, fresh: Columns, afterMs: number) => {
  takeIn(old, fresh, afterMs)
  return old.times.map((at, index) => [at, old.values[index]])
}

describe('what was read anew', () => {
  it('follows on what was read before', () => {
    expect(taken(columns([1, 1], [2, 2]), columns([3, 3]), 2)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
  })

  it('replaces what is of the same time', () => {
    expect(taken(columns([1, 1], [2, 2]), columns([2, 5], [3, 6]), 1)).toEqual([
      [1, 1],
      [2, 5],
      [3, 6],
    ])
  })

  it('leaves what it lacks, where that lies between its neighbours', () => {
    expect(taken(columns([1, 1], [2, 2]), columns([3, 3]), 0)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
  })

  it('drives out the samples of another replica, whose clock differs: they would look like resets', () => {
    expect(taken(columns([1, 10], [11, 21]), columns([2, 11], [12, 20]), 0)).toEqual([
      [1, 10],
      [2, 11],
      [12, 20],
    ])
  })

  it('may begin earlier than was asked for', () => {
    expect(taken(columns([1, 1], [2, 2]), columns([1, 1], [2, 2], [3, 3]), 2)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
  })

  it('gives the same as reading all at once, however it is divided', () => {
    const times = fc.uniqueArray(fc.nat({ max: 200 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(times, fc.array(fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 40 }))), (all, reads) => {
        const sorted = all.toSorted((a, b) => a - b)
        const whole = columns(...sorted.map((at): [number, number] => [at, at % 70]))
        const between = (from: number, to: number) =>
          columns(
            ...sorted.filter((at) => at > from && at <= to).map((at): [number, number] => [at, at % 70]),
          )
        const known = columns()
        let to = -1
        for (const [step, overlap] of [...reads, [200, 0] as const]) {
          const from = Math.max(-1, to - overlap)
          to = Math.min(200, to + step)
          takeIn(known, between(from, to), from)
        }
        takeIn(known, between(Math.max(-1, to), 200), to)
        expect(known).toEqual(whole)
      }),
    )
  })
})

describe('what is kept', () => {
  it('is cut at the beginning', () => {
    const kept = columns([1, 1], [2, 2], [3, 3])
    cutBefore(kept, 2)
    expect(kept).toEqual(columns([2, 2], [3, 3]))
    cutBefore(kept, 9)
    expect(kept).toEqual(columns())
  })

  it('has a size, that of histograms with their buckets', () => {
    expect(sizeOf(columns([1, 1], [2, 2]))).toBe(4)
    const histogram = { count: 3, buckets: [[1, 2, 3]] as const }
    expect(sizeOf({ times: [1], values: [histogram] })).toBe(6)
  })
})
