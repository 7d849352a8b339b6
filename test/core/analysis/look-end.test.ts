import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Series } from '../../../src/core/analysis/counters.ts'
import { lookEnd, scrapeIntervalMs } from '../../../src/core/analysis/look-end.ts'

const series = (instance: string, ...times: number[]): Series => ({
  key: 'all',
  instance,
  samples: times.map((at) => [at, 0]),
})

test('a look ends where the slowest live target has reported', () => {
  const all = [series('a', 100, 115, 130), series('b', 108, 123), series('c', 102, 117, 132)]
  expect(lookEnd(all, 135, 999)).toBe(123)
})

test('a target counts as reported when any of its series is there', () => {
  const all = [series('a', 100, 115, 130), series('a', 100), series('b', 101, 116, 131)]
  expect(lookEnd(all, 135, 999)).toBe(130)
})

test('a dead target is waited for until it missed a whole scrape, then left out', () => {
  const all = [series('dead', 85, 100), series('a', 100, 115, 130)]
  expect(lookEnd(all, 130, 999)).toBe(100)
  expect(lookEnd(all, 131, 999)).toBe(130)
})

test('without live targets there is no look', () => {
  expect(lookEnd([], 100, 15)).toBeUndefined()
  expect(lookEnd([series('a')], 100, 15)).toBeUndefined()
  expect(lookEnd([series('a', 10, 25)], 100, 15)).toBeUndefined()
})

test('until two samples were seen the interval is assumed', () => {
  expect(lookEnd([series('a', 100)], 130, 15)).toBe(100)
  expect(lookEnd([series('a', 100)], 131, 15)).toBeUndefined()
})

test('the scrape interval is found in spite of jitter and a missed scrape', () => {
  expect(scrapeIntervalMs([series('a', 0, 15, 30, 60, 75), series('b', 1, 17, 31, 46)])).toBe(15)
  expect(scrapeIntervalMs([series('a', 0)])).toBeUndefined()
})

test('at a steady rhythm the end is never older than an interval, and rises with time', () => {
  const offsets = fc.array(fc.nat({ max: 14_999 }), { minLength: 1, maxLength: 10 })
  fc.assert(
    fc.property(
      offsets,
      fc.integer({ min: 60_000, max: 120_000 }),
      fc.nat({ max: 60_000 }),
      (list, now, later) => {
        const upTo = (at: number): Series[] =>
          list.map((offset, index) => {
            const times = Array.from({ length: 12 }, (_, scrape) => offset + scrape * 15_000)
            return series(`${index}`, ...times.filter((sampled) => sampled <= at))
          })
        const end = lookEnd(upTo(now), now, 1) ?? NaN
        expect(end).toBeLessThanOrEqual(now)
        expect(end).toBeGreaterThan(now - 15_000)
        expect(lookEnd(upTo(now + later), now + later, 1)).toBeGreaterThanOrEqual(end)
      },
    ),
  )
})
