import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { increase } from '../../../src/core/analysis/counters.ts'
import type { Sample, Series, Window } from '../../../src/core/analysis/counters.ts'
import { vectors } from './vectors.ts'

const total = (series: readonly Series[], window: Window): number =>
  [...increase(series, window).values()].reduce((sum, value) => sum + value, 0)

const series = (name: string, ...samples: Sample[]): Series => {
  const [instance = '', key = ''] = name.split('|')
  return { key, instance, samples }
}

/** The release started at 100; the look is (200, 300]. */
const WINDOW: Window = { fromMs: 200, toMs: 300, startedMs: 100 }

describe('increments of a look', () => {
  test.each(vectors.counters)('vector $id', ({ prev, cur, increase: expected }) => {
    const names = [...new Set([...Object.keys(prev), ...Object.keys(cur)])]
    const all = names.map((name) => {
      const before: Sample[] = name in prev ? [[200, prev[name] ?? NaN]] : []
      const after: Sample[] = name in cur ? [[300, cur[name] ?? NaN]] : []
      return series(name, ...before, ...after)
    })
    expect(total(all, WINDOW)).toBe(expected)
  })

  test('are summed by key over all targets', () => {
    const all = [
      series('a|200', [200, 10], [300, 15]),
      series('b|200', [190, 100], [290, 107]),
      series('b|503', [190, 1], [290, 3]),
      series('b|404', [190, 5], [290, 5]),
    ]
    expect(Object.fromEntries(increase(all, WINDOW))).toEqual({ 200: 12, 404: 0, 503: 2 })
  })

  test('start after the last sample up to the start, and end at the last one up to the end', () => {
    expect(total([series('a|200', [150, 1], [200, 3], [250, 7], [300, 20], [301, 50])], WINDOW)).toBe(17)
  })

  test('see every reset in between', () => {
    expect(total([series('a|200', [200, 50], [220, 4], [240, 9], [260, 2], [300, 3])], WINDOW)).toBe(
      4 + 5 + 2 + 1,
    )
  })

  test('see by one series that its target began anew, and with it the others', () => {
    const all = [
      series('a|+Inf', [200, 100], [300, 6]),
      series('a|500', [200, 3], [300, 5]),
      series('b|500', [200, 3], [300, 5]),
    ]
    expect(Object.fromEntries(increase(all, WINDOW))).toEqual({ '+Inf': 6, 500: 5 + 2 })
  })

  test('count the first 503 on a target that was scraped before', () => {
    expect(total([series('a|200', [50, 9], [250, 9]), series('a|503', [250, 1])], WINDOW)).toBe(1)
  })

  test('count the first 503 also when the target itself was first seen within the look', () => {
    const all = [series('a|200', [220, 9], [240, 9]), series('a|503', [240, 1])]
    expect(total(all, { ...WINDOW, startedMs: 230 })).toBe(1)
  })

  test('count all of a target that appeared after the release started', () => {
    expect(total([series('a|200', [250, 9], [300, 12])], WINDOW)).toBe(12)
  })

  test('count nothing of what a known target did while nobody saw it, but the first 503 since', () => {
    const all = [series('a|200', [250, 9000], [300, 9012]), series('a|503', [300, 1])]
    expect(total(all, { ...WINDOW, known: new Set(['a']) })).toBe(12 + 1)
    expect(total(all, { ...WINDOW, known: new Set(['b']) })).toBe(9012 + 1)
  })

  test('leave out what a target had counted before the release', () => {
    expect(total([series('a|200', [250, 9000], [300, 9012])], { ...WINDOW, startedMs: 260 })).toBe(12)
  })

  test('are none without samples', () => {
    expect(increase([], WINDOW).size).toBe(0)
    expect(total([series('a|200')], WINDOW)).toBe(0)
    expect(total([series('a|200', [310, 9])], WINDOW)).toBe(0)
  })
})

/** A target: its scrape times, and series that begin at one of them and may shrink at any (a restart). */
const target = (instance: string): fc.Arbitrary<Series[]> =>
  fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 }),
      fc.array(
        fc.tuple(fc.nat({ max: 19 }), fc.array(fc.nat({ max: 50 }), { minLength: 20, maxLength: 20 })),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
    )
    .map(([times, list]) => {
      const sorted = times.sort((a, b) => a - b)
      return list.map(([begin, values], index) => ({
        key: `${index}`,
        instance,
        samples: sorted.map((at, scrape): Sample => [at, values[scrape] ?? NaN]).slice(begin % sorted.length),
      }))
    })

const mesh = fc.tuple(target('a'), target('b'), target('c')).map((targets) => targets.flat())
const time = fc.integer({ min: -10, max: 1010 })

describe('windows', () => {
  test('that follow on each other add up to the whole, through resets, new series and new targets', () => {
    fc.assert(
      fc.property(mesh, fc.array(time, { minLength: 2, maxLength: 8 }), time, (all, cuts, startedMs) => {
        const ends = cuts.sort((a, b) => a - b)
        const whole = { fromMs: ends[0] ?? NaN, toMs: ends.at(-1) ?? NaN, startedMs }
        const parts = ends
          .slice(1)
          .map((toMs, index) => total(all, { fromMs: ends[index] ?? NaN, toMs, startedMs }))
        expect(parts.reduce((sum, part) => sum + part)).toBe(total(all, whole))
      }),
    )
  })

  test('see what they would have seen before later samples came in', () => {
    fc.assert(
      fc.property(mesh, time, time, time, (all, one, other, startedMs) => {
        const [fromMs, toMs] = [Math.min(one, other), Math.max(one, other)]
        const early = all.map((each) => ({ ...each, samples: each.samples.filter(([at]) => at <= toMs) }))
        expect(total(early, { fromMs, toMs, startedMs })).toBe(total(all, { fromMs, toMs, startedMs }))
      }),
    )
  })

  test('never count more than was counted, nor less than none', () => {
    fc.assert(
      fc.property(mesh, time, time, time, (all, one, other, startedMs) => {
        const [fromMs, toMs] = [Math.min(one, other), Math.max(one, other)]
        const inside = all.flatMap((each) => each.samples.filter(([at]) => at > fromMs && at <= toMs))
        const got = total(all, { fromMs, toMs, startedMs })
        expect(got).toBeGreaterThanOrEqual(0)
        expect(got).toBeLessThanOrEqual(inside.reduce((sum, [, value]) => sum + value, 0))
      }),
    )
  })
})
