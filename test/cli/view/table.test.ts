import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { renderTable } from '../../../src/cli/view/table.ts'
import type { TableOptions } from '../../../src/cli/view/table.ts'
import { AT_20, NOW, PROMOTED, aRollout } from '../fixtures.ts'

const OPTIONS: TableOptions = { namespaces: false, messages: false, width: undefined, color: false, now: NOW }
const ROLLOUTS = [
  aRollout(AT_20),
  aRollout(PROMOTED, { name: 'ratings', namespace: 'backend' }),
  aRollout({}, { name: 'new' }),
]

describe('the table of Rollouts', () => {
  it('has a line for each, with a dash for what is not known', () => {
    expect(renderTable(ROLLOUTS, OPTIONS)).toEqual([
      'NAME      STABLE   WANTED   WEIGHT   STEP   STATUS        AGE',
      'reviews   v1       v2       20%      2/4    Progressing   2h',
      'ratings   v2       v2       100%     -      Promoted      2h',
      'new       -        v2       -        -      Unseen        2h',
    ])
  })

  it('names namespaces where there are several', () => {
    const [heading, , second] = renderTable(ROLLOUTS, { ...OPTIONS, namespaces: true })
    expect(heading).toMatch(/^NAMESPACE {3}NAME/)
    expect(second).toMatch(/^backend {5}ratings/)
  })

  it('keeps each line whole for other programs', () => {
    const lines = renderTable(ROLLOUTS, { ...OPTIONS, messages: true })
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(/AGE {3}MESSAGE$/)
    expect(lines[1]).toMatch(/2h {4}20 %: error-rate: .* in about 2 more minutes$/)
  })

  it.each([80, 100, 140])('keeps messages within a terminal of %i columns', (width) => {
    const lines = renderTable(ROLLOUTS, { ...OPTIONS, messages: true, namespaces: true, width })
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
    const words = lines.join(' ').replaceAll(/ +/g, ' ')
    expect(words).toContain('v2 has all traffic; v1 stays ready for 10m')
  })

  it('has the same words with colours', () => {
    const colored = renderTable(ROLLOUTS, { ...OPTIONS, color: true })
    expect(colored.map(stripVTControlCharacters)).toEqual(renderTable(ROLLOUTS, OPTIONS))
    expect(colored.join('')).toContain('\u001B[')
  })
})
