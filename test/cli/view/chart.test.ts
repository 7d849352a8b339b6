import { describe, expect, it } from 'vitest'
import { chartLines } from '../../../src/cli/view/chart.ts'
import type { Chart } from '../../../src/cli/view/chart.ts'

const SIZE = { columns: 8, rows: 3, labelColumns: 3 }
const plainly = (text: string) => text

function chart(changes: Partial<Chart>): string[] {
  const points = [
    [2, 0],
    [6, 2],
  ] as const
  const whole: Chart = {
    curves: [{ mark: '*', brush: plainly, points }],
    thresholds: [],
    axisAt: () => '-',
    heightText: String,
    ends: ['0s', '8s'],
    longest: 8,
    highest: 2,
    ...changes,
  }
  return chartLines(whole, SIZE)
}

describe('a chart', () => {
  it('keeps a height until the next point, and has none before the first', () => {
    expect(chart({})).toEqual(['    │     ***', '    │', '  0 ┤ ****', '    └--------', '     0s    8s'])
  })

  it('shows a threshold with its height and its label, behind the curves', () => {
    const thresholds = [{ y: 2, label: 'here' }]
    expect(chart({ thresholds })[0]).toBe('  2 ┤┄┄┄┄┄*** here')
  })

  it('keeps what is too high or too low within', () => {
    const points = [
      [1, -5],
      [5, 50],
    ] as const
    const lines = chart({ curves: [{ mark: '*', brush: plainly, points }] })
    expect(lines.slice(0, 3)).toEqual(['    │    ****', '    │', '  0 ┤****'])
  })

  it('draws the first of curves that meet', () => {
    const curves = ['a', 'b'].map((mark) => ({ mark, brush: plainly, points: [[0, 0]] as const }))
    expect(chart({ curves })[2]).toBe('  0 ┤aaaaaaaa')
  })
})
