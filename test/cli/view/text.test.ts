import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ageText, columns, cut, padded, plain, since, wrapped } from '../../../src/cli/view/text.ts'
import { NOW, ago } from '../fixtures.ts'

describe('text from the cluster', () => {
  it('cannot move the cursor, change colours or begin a line', () => {
    expect(plain('a\u001B[2Jb\u001B[31mc\nd\te\u0007')).toBe('abc d e')
  })
})

describe('wrapping', () => {
  it('breaks between words and loses none', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
  })

  it('breaks a word that is longer than a line', () => {
    expect(wrapped('a bcdefgh', 3)).toEqual(['a', 'bcd', 'efg', 'h'])
  })

  it('of nothing is nothing', () => {
    expect(wrapped('  ', 10)).toEqual([])
  })

  it('never makes a longer line, and keeps every character', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (text, width) => {
        const lines = wrapped(text, width)
        expect(lines.every((line) => line.length <= width && line !== '')).toBe(true)
        expect(lines.join('').replaceAll(' ', '')).toBe(plain(text).replaceAll(' ', ''))
      }),
    )
  })
})

describe('columns', () => {
  it('do not count colours', () => {
    const green = '\u001B[32mok\u001B[39m'
    expect(columns(green)).toBe(2)
    expect(padded(green, 4)).toBe(`${green}  `)
    expect(padded('1s', 4, 'left')).toBe('  1s')
  })

  it('are cut with a sign that something is missing', () => {
    expect(cut('abcdef', 4)).toBe('abc…')
    expect(cut('abcd', 4)).toBe('abcd')
  })
})

describe('ages', () => {
  it.each([
    [0, '0s'],
    [999, '0s'],
    [-5_000, '0s'],
    [72_400, '1m12s'],
    [3_600_000, '1h'],
    [18_659_000, '5h10m'],
    [47 * 3_600_000, '47h'],
    [49 * 3_600_000, '2d'],
  ])('of %i ms read %s', (ms, text) => {
    expect(ageText(ms)).toBe(text)
  })

  it('are unknown without a time, and never negative', () => {
    expect(since(ago(3), NOW)).toBe(3_000)
    expect(since(ago(-3), NOW)).toBe(0)
    expect(since(undefined, NOW)).toBeUndefined()
    expect(since('yesterday', NOW)).toBeUndefined()
  })
})
