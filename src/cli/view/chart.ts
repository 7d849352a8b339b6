import type { Brush } from './paint.ts'
import { padded } from './text.ts'

/** A line of a chart: it keeps the height of a point until the next one. */
export interface Curve {
  readonly mark: string
  readonly brush: Brush
  /** From left to right. */
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** A height that matters. */
export interface Threshold {
  readonly y: number
  readonly label: string
}

export interface Chart {
  /** Where they meet, the first is seen. */
  readonly curves: readonly Curve[]
  readonly thresholds: readonly Threshold[]
  /** What the axis looks like at an x. */
  readonly axisAt: (x: number) => string
  /** Text at the left of a height. */
  readonly heightText: (y: number) => string
  /** Texts below the two ends of the axis. */
  readonly ends: readonly [string, string]
  /** Right end of the axis; the left one is 0. */
  readonly longest: number
  /** Top; the bottom is 0. */
  readonly highest: number
}

export interface ChartSize {
  /** Of the drawing, without what stands beside it. */
  readonly columns: number
  readonly rows: number
  /** For the texts at the left. */
  readonly labelColumns: number
}

/** A chart as lines of text. Points above the top are drawn at the top, those below 0 at the bottom. */
export function chartLines(chart: Chart, size: ChartSize): string[] {
  const rows = Array.from({ length: size.rows }, (_, index) => size.rows - 1 - index)
  const { heightText, ends } = chart
  const label = (text: string) => padded(text, size.labelColumns, 'left')
  const drawn = rows.map((row) => {
    const threshold = chart.thresholds.find(({ y }) => rowOf(y, chart, size) === row)
    const cells = Array.from({ length: size.columns }, (_, column) => cellAt(chart, size, { row, column }))
    const empty = threshold === undefined ? ' ' : '┄'
    const line = cells.map((cell) => cell ?? empty).join('')
    const height = threshold?.y ?? (row === 0 ? 0 : undefined)
    const left = `${label(height === undefined ? '' : heightText(height))} ${height === undefined ? '│' : '┤'}`
    return `${left}${line}${threshold === undefined ? '' : ` ${threshold.label}`}`.trimEnd()
  })
  const axis = Array.from({ length: size.columns }, (_, column) => chart.axisAt(xOf(column, chart, size)))
  const between = Math.max(1, size.columns - ends[0].length - ends[1].length)
  return [
    ...drawn,
    `${label('')} └${axis.join('')}`,
    `${label('')}  ${ends[0]}${' '.repeat(between)}${ends[1]}`,
  ]
}

function cellAt(
  chart: Chart,
  size: ChartSize,
  { row, column }: { readonly row: number; readonly column: number },
): string | undefined {
  const x = xOf(column, chart, size)
  const here = chart.curves.find(({ points }) => {
    const y = heightAt(points, x)
    return y !== undefined && rowOf(y, chart, size) === row
  })
  return here?.brush(here.mark)
}

function heightAt(points: Curve['points'], x: number): number | undefined {
  return points.findLast(([at]) => at <= x)?.[1]
}

/** The last x of a column: what came within it is seen. */
function xOf(column: number, { longest }: Chart, { columns }: ChartSize): number {
  return ((column + 1) / columns) * longest
}

function rowOf(y: number, { highest }: Chart, { rows }: ChartSize): number {
  const share = highest > 0 ? y / highest : 0
  return Math.min(rows - 1, Math.max(0, Math.round(share * (rows - 1))))
}
