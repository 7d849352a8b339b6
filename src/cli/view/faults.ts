import type { FoundFault } from '../../core/faults/found.ts'
import { expiryOf } from '../../core/faults/record.ts'
import type { FaultRecord, Meets } from '../../core/faults/record.ts'
import type { Orphans, Survey } from '../faults/survey.ts'
import { paintOf } from './paint.ts'
import type { Brush } from './paint.ts'
import { ageText, padded, plain, since } from './text.ts'

export interface FaultsOptions {
  /** With the columns MET BY and REASON. */
  readonly wide: boolean
  readonly color: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

const GAP = 3
const HEADINGS = [
  'NAMESPACE',
  'VIRTUALSERVICE',
  'ROUTES',
  'HOST',
  'FAULT',
  'SHARE',
  'AGE',
  'OWNER',
  'EXPIRES',
]
const WIDE_HEADINGS = ['MET BY', 'REASON']

/** A line of the table: what stands out is bad. */
interface Row {
  readonly cells: readonly string[]
  readonly isBad: boolean
}

/** Faults as a table, a line each. What is not ours, and what should be gone, stands out. */
export function renderFaults({ faults, orphans }: Survey, options: FaultsOptions): string[] {
  const headings = options.wide ? [...HEADINGS, ...WIDE_HEADINGS] : HEADINGS
  const rows = [...faults.map((fault) => rowOf(fault, options)), ...orphans.map(orphanRow)]
  const widths = headings.map(
    (heading, column) =>
      GAP + Math.max(heading.length, ...rows.map(({ cells }) => textAt(cells, column).length)),
  )
  const { bad } = paintOf(options.color)
  const line = (cells: readonly string[], brush: Brush) =>
    brush(
      widths
        .map((width, column) => padded(textAt(cells, column), width))
        .join('')
        .trimEnd(),
    )
  return [
    line(headings, (text) => text),
    ...rows.map(({ cells, isBad }) => line(cells, isBad ? bad : (text) => text)),
  ]
}

function textAt(cells: readonly string[], column: number): string {
  return plain(cells[column] ?? '')
}

function rowOf(fault: FoundFault, options: FaultsOptions): Row {
  const { record, does, share } = fault
  const place = placeCells(fault, record === undefined ? fault.hosts : [record.host])
  const what = [does, `${share} %`]
  return record === undefined
    ? { cells: [...place, ...what, ...foreignCells(fault, options)], isBad: true }
    : { cells: [...place, ...what, ...ownCells(record, options)], isBad: expiryOf(record) <= options.now }
}

function placeCells(
  { namespace, virtualService, routes }: Pick<FoundFault, 'namespace' | 'virtualService' | 'routes'>,
  hosts: readonly string[],
): string[] {
  return [namespace, virtualService, routesText(routes), hosts.join(', ')]
}

function ownCells(record: FaultRecord, { now }: FaultsOptions): string[] {
  const { injectedAt, meets, reason } = record
  return [
    ageText(since(injectedAt, now) ?? 0),
    ownerText(record),
    expiryText(record, now),
    metByText(meets),
    reason,
  ]
}

/** The managed fields tell who wrote the routes last: a fault may have been there before. */
function foreignCells({ setBy, setAt, keptBecause }: FoundFault, { now }: FaultsOptions): string[] {
  const age = since(setAt, now)
  const kept = keptBecause === undefined ? 'never' : 'never (kept)'
  return [
    age === undefined ? '?' : `≥ ${ageText(age)}`,
    foreignOwnerText(setBy),
    kept,
    'everybody',
    keptBecause ?? '',
  ]
}

/** Who wrote a fault that is not ours, as far as the object tells: a write of ours covers who it was. */
export function foreignOwnerText(setBy: string | undefined): string {
  return `${setBy ?? 'unknown'} (foreign)`
}

function orphanRow(orphans: Orphans): Row {
  const cells = [
    ...placeCells(orphans, orphans.hosts),
    '?',
    '?',
    '?',
    'lost (of Sluice, without record)',
    'overdue!',
  ]
  return { cells, isBad: true }
}

/** Routes of ours have names that tell nobody anything: the first stands for all. */
function routesText([first, ...others]: readonly string[]): string {
  if (first === undefined) return 'none'
  return others.length === 0 ? first : `${first} and ${others.length} more`
}

/** Whose fault of ours it is. */
export function ownerText({ owner, release }: Pick<FaultRecord, 'owner' | 'release'>): string {
  return release === undefined ? `${owner} (probe)` : `Rollout ${owner}, release ${release.id}`
}

/** When a fault of ours goes: `in 42s`, or that it should have gone. */
export function expiryText(record: FaultRecord, now: number): string {
  const left = expiryOf(record) - now
  if (left === -Infinity) return 'expired!'
  return left > 0 ? `in ${ageText(left)}` : `expired ${ageText(-left)} ago!`
}

function metByText(meets: Meets): string {
  switch (meets.kind) {
    case 'Callers': {
      const labels = Object.entries(meets.labels).map(([key, value]) => `${key}=${value}`)
      return `calls of pods ${labels.toSorted().join(',')} in ${meets.namespace}`
    }
    case 'Header':
      return `requests with ${meets.name}: ${meets.value}`
    case 'Everybody':
      return 'everybody'
  }
}
