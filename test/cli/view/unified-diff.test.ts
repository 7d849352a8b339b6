import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unifiedDiff } from '../../../src/cli/view/unified-diff.ts'

const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join('')

/** Does what `patch` does. */
function patched(before: string, hunks: readonly string[]): string {
  const old = before === '' ? [] : before.replace(/\n$/, '').split('\n')
  const result: string[] = []
  let at = 0
  for (const line of hunks) {
    const head = /^@@ -(\d+),(\d+) \+\d+,\d+ @@$/.exec(line)
    if (head) {
      const start = head[2] === '0' ? Number(head[1]) : Number(head[1]) - 1
      result.push(...old.slice(at, start))
      at = start
    } else {
      if (line[0] !== '+') expect(old[at++]).toBe(line.slice(1))
      if (line[0] !== '-') result.push(line.slice(1))
    }
  }
  return text(...result, ...old.slice(at))
}

describe('a unified diff', () => {
  it('shows what changed, with three lines around it', () => {
    const before = text('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    const after = text('a', 'b', 'c', 'd', 'E', 'E2', 'f', 'g', 'h')
    expect(unifiedDiff(before, after)).toEqual([
      '@@ -2,7 +2,8 @@',
      ' b',
      ' c',
      ' d',
      '-e',
      '+E',
      '+E2',
      ' f',
      ' g',
      ' h',
    ])
  })

  it('keeps changes apart that are far from each other, and together that are near', () => {
    const lines = Array.from({ length: 30 }, (_, index) => String(index))
    const heads = (...at: number[]) =>
      unifiedDiff(
        text(...lines),
        text(...lines.map((line, index) => (at.includes(index) ? 'x' : line))),
      ).filter((line) => line.startsWith('@@'))
    expect(heads(5, 20)).toHaveLength(2)
    expect(heads(5, 11)).toHaveLength(1)
    expect(heads()).toEqual([])
  })

  it('makes the second text of the first, whatever they are, and is empty for equal ones', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '- x', '+ y'), { maxLength: 25 })
    fc.assert(
      fc.property(lines, lines, (one, other) => {
        const [before, after] = [text(...one), text(...other)]
        const hunks = unifiedDiff(before, after)
        expect(patched(before, hunks)).toBe(after)
        expect(hunks.length === 0).toBe(before === after)
      }),
    )
  })

  it('of large texts with changes at both ends is done at once', () => {
    const lines = Array.from({ length: 50_000 }, (_, index) => String(index))
    const changed = ['first', ...lines.slice(1, -1), 'last']
    expect(unifiedDiff(text(...lines), text(...changed))).toHaveLength(12)
  })
})
