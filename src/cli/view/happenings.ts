import type { HistoryEntry } from '../../api/v1alpha1/status.ts'
import type { EventView } from './model.ts'
import type { Brush, Paint } from './paint.ts'
import { ageText, padded, plain, since, wrapped } from './text.ts'

interface Options {
  readonly width: number
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly paint: Paint
  /** How many are shown. */
  readonly most: number
}

/** The last events, the newest last. */
export function eventLines(events: readonly EventView[], options: Options): string[] {
  const { now, paint, most } = options
  const rows = events
    .toSorted((a, b) => a.at - b.at)
    .slice(-most)
    .map(({ at, type, reason, message }) => ({
      cells: [ageText(now - at), plain(reason)],
      text: message,
      brush: type === 'Warning' ? paint.bad : plainBrush,
    }))
  return table(rows, options)
}

/** The last releases, the newest first. */
export function historyLines(history: readonly HistoryEntry[], options: Options): string[] {
  const { now, paint, most } = options
  const rows = history.slice(0, most).map((entry) => ({
    cells: [
      ageText(since(entry.finishedAt, now) ?? 0),
      plain(entry.from === '' ? entry.to : `${entry.from} → ${entry.to}`),
      entry.result,
      `took ${ageText(Date.parse(entry.finishedAt) - Date.parse(entry.startedAt))}`,
    ],
    text: entry.result === 'RolledBack' ? entry.reason : '',
    brush: brushOfResult(entry.result, paint),
  }))
  return table(rows, options)
}

function brushOfResult(result: HistoryEntry['result'], paint: Paint): Brush {
  if (result === 'RolledBack') return paint.bad
  return result === 'Superseded' ? paint.canary : paint.good
}

const plainBrush: Brush = (text) => text

interface Row {
  readonly cells: readonly string[]
  /** Wrapped beside the cells, or below them where there is no room. */
  readonly text: string
  readonly brush: Brush
}

/** Text with less room than this (columns) goes below. */
const LEAST_TEXT = 40

function table(rows: readonly Row[], { width, paint }: Options): string[] {
  const widths = (rows[0]?.cells ?? []).map((_, index) =>
    Math.max(...rows.map(({ cells }) => cells[index]?.length ?? 0)),
  )
  const taken = 2 + widths.reduce((sum, one) => sum + one + 2, 0)
  const indent = width - taken >= LEAST_TEXT ? taken : 2 + (widths[0] ?? 0) + 2
  return rows.flatMap((row) => {
    const [age = '', ...others] = row.cells.map((cell, index) =>
      padded(cell, widths[index] ?? 0, index === 0 ? 'left' : 'right'),
    )
    const lines = wrapped(row.text, width - indent)
    const beside = indent === taken && lines.length > 0
    const cells = beside ? `${others.join('  ')}  ` : others.join('  ').trimEnd()
    const head = `  ${paint.faint(age)}  ${row.brush(cells)}`
    const below = lines.slice(beside ? 1 : 0).map((line) => ' '.repeat(indent) + line)
    return [beside ? `${head}${lines[0] ?? ''}` : head, ...below]
  })
}
