import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationMs, durationText, percentShare } from '../../src/api/quantities.ts'

describe('a duration', () => {
  it.each([
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1h2m3s4ms', 3_723_004],
    ['1m1ms', 60_001],
    ['99999h', 359_996_400_000],
  ])('of %s has %i ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })

  it.each([
    '',
    '5',
    's',
    '5 m',
    '5 minutes',
    '1.5s',
    '-1s',
    '1s1m',
    '1m1m',
    '5M',
    '1d',
    ' 5m',
    '5m ',
    '5m\n',
    '١s',
    '100000s',
  ])('is not %j', (text) => {
    expect(() => durationMs(text)).toThrow(RangeError)
  })

  it.each([
    [0, '0ms'],
    [-5, '0ms'],
    [999.4, '999ms'],
    [1_000, '1s'],
    [1_499, '1s'],
    [59_999, '1m'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [3_661_000, '1h1m1s'],
  ])('of %d ms is shown as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text)
  })

  it('of whole seconds is read as it was shown', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000_000 }), (seconds) => {
        expect(durationMs(durationText(seconds * 1000))).toBe(seconds * 1000)
      }),
    )
  })
})

describe('a percentage', () => {
  it.each([
    ['0%', 0],
    ['1%', 0.01],
    ['0.25%', 0.0025],
    ['99.9999%', 0.999999],
    ['100%', 1],
    ['100.0%', 1],
  ])('of %s is %d', (text, share) => {
    expect(percentShare(text)).toBeCloseTo(share, 12)
  })

  it.each([
    '',
    '%',
    '1',
    '1 %',
    '1,5%',
    '.5%',
    '1.%',
    '-1%',
    '101%',
    '100.1%',
    '1e1%',
    '0.12345%',
    '5%%',
    '1%\n',
  ])('is not %j', (text) => {
    expect(() => percentShare(text)).toThrow(RangeError)
  })

  it('has the share that it says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (tenThousandths) => {
        const text = `${tenThousandths / 10_000}%`
        if (!text.includes('e')) expect(percentShare(text)).toBeCloseTo(tenThousandths / 1_000_000, 12)
      }),
    )
  })
})
