import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import { holdingOf, messageOf, reasonOf, wantedOf } from './model.ts'
import { brushOfStanding, paintOf } from './paint.ts'
import type { Brush } from './paint.ts'
import { ageText, columns, padded, plain, since, wrapped } from './text.ts'

export interface TableOptions {
  /** With the column NAMESPACE. */
  readonly namespaces: boolean
  /** With the column MESSAGE. */
  readonly messages: boolean
  /** Columns of the terminal; undefined: lines may be as long as they like. */
  readonly width: number | undefined
  readonly color: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

interface Column {
  readonly heading: string
  readonly text: (rollout: RawRollout) => string
  readonly brush?: (rollout: RawRollout) => Brush
}

/** Messages with less room than this go below their Rollout. */
const LEAST_MESSAGE = 30
const GAP = 3

/** Rollouts as a table, a line each. */
export function renderTable(rollouts: readonly RawRollout[], options: TableOptions): string[] {
  const shown = columnsOf(options)
  const widths = shown.map(({ heading, text }) =>
    Math.max(heading.length, ...rollouts.map((one) => columns(text(one)))),
  )
  const heading = shown.map((column, index) => padded(column.heading, cell(widths, index)))
  const title = options.messages ? [...heading, 'MESSAGE'] : heading
  const lines = rollouts.flatMap((rollout) => {
    const cells = shown.map(({ text, brush }, index) => {
      const filled = padded(text(rollout), cell(widths, index))
      return brush === undefined ? filled : brush(rollout)(filled)
    })
    return options.messages ? withMessage(cells.join(''), rollout, options) : [trimmed(cells)]
  })
  return [trimmed(title), ...lines]
}

function cell(widths: readonly number[], index: number): number {
  return (widths[index] ?? 0) + GAP
}

function trimmed(cells: readonly string[]): string {
  return cells.join('').trimEnd()
}

function withMessage(line: string, rollout: RawRollout, { width }: TableOptions): string[] {
  const message = messageOf(rollout)
  if (width === undefined) return [line + plain(message)]
  const taken = columns(line)
  const beside = width - taken >= LEAST_MESSAGE
  const indent = beside ? taken : 2
  const lines = wrapped(message, width - indent).map((text) => ' '.repeat(indent) + text)
  return beside ? [line + (lines[0] ?? '').trimStart(), ...lines.slice(1)] : [line.trimEnd(), ...lines]
}

function columnsOf({ namespaces, color, now }: TableOptions): Column[] {
  const paint = paintOf(color)
  const namespace: Column = { heading: 'NAMESPACE', text: ({ meta }) => plain(meta.namespace) }
  return [
    ...(namespaces ? [namespace] : []),
    { heading: 'NAME', text: ({ meta }) => plain(meta.name) },
    { heading: 'STABLE', text: ({ status }) => plain(status.stableVersion ?? '-') },
    { heading: 'WANTED', text: (rollout) => plain(wantedOf(rollout)) },
    { heading: 'WEIGHT', text: ({ status }) => (status.weight ? `${status.weight.desired}%` : '-') },
    { heading: 'STEP', text: ({ status }) => plain(status.step ?? '-') },
    {
      heading: 'STATUS',
      text: (rollout) => plain(reasonOf(rollout)),
      brush: (rollout) => brushOfStanding(paint, holdingOf(rollout)?.type),
    },
    { heading: 'AGE', text: ({ meta }) => ageText(since(meta.creationTimestamp, now) ?? 0) },
  ]
}
