import type { RawRollout } from '../../api/v1alpha1/rollout.ts'
import { holdingOf, messageOf, reasonOf, wantedOf } from './model.ts'
import { brushOfStanding, paintOf } from './paint.ts'
import type { Brush } from './paint.ts'
import { ageText, padded, plain, since, wrapped } from './text.ts'

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
const INDENT = 2

/** Rollouts as a table, a line each. */
export function renderTable(rollouts: readonly RawRollout[], options: TableOptions): string[] {
  const shown = columnsOf(options)
  const widths = shown.map(
    ({ heading, text }) => GAP + Math.max(heading.length, ...rollouts.map((one) => text(one).length)),
  )
  const taken = widths.reduce((sum, width) => sum + width, 0)
  const { messages, width = Infinity } = options
  const beside = messages && width - taken >= LEAST_MESSAGE
  const heading = shown.map((column, index) => padded(column.heading, widths[index] ?? 0)).join('')
  const lines = rollouts.flatMap((rollout) => {
    const cells = shown.map(({ text, brush }, index) => {
      const filled = padded(text(rollout), widths[index] ?? 0)
      return brush === undefined ? filled : brush(rollout)(filled)
    })
    const line = cells.join('')
    if (!messages) return [line.trimEnd()]
    const message = wrapped(messageOf(rollout), width - (beside ? taken : INDENT))
    return beside ? besides(line, message, taken) : [line.trimEnd(), ...message.map(indented)]
  })
  return [beside ? `${heading}MESSAGE` : heading.trimEnd(), ...lines]
}

function besides(line: string, [first = '', ...rest]: readonly string[], taken: number): string[] {
  return [line + first, ...rest.map((text) => ' '.repeat(taken) + text)]
}

function indented(text: string): string {
  return ' '.repeat(INDENT) + text
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
