import { KEEP_FAULT_ANNOTATION, FIELD_MANAGER } from '../../api/names.ts'
import type { StaleSubset } from '../traffic/stale-subsets.ts'
import type { ForeignFault } from './foreign.ts'

/** An event on an object of the mesh. */
export interface Telling {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** A fault of somebody else stands there. @param ageMs for how long at least (milliseconds) */
export function staleFault(fault: ForeignFault, ageMs: number): Telling {
  const { route, hosts, share } = fault
  const where = `hosts ${hosts.join(', ') || 'none'}`
  const message = `route ${route} has a fault that is not Sluice's: ${describe(fault, ageMs)}; ${where}; ${share} % of its requests meet it. Remove it, or annotate ${KEEP_FAULT_ANNOTATION}: <reason>`
  return { type: 'Warning', reason: 'StaleFault', message }
}

/** It was taken out. @param ageMs for how long it had stood there at least (milliseconds) */
export function foreignFaultRemoved(fault: ForeignFault, ageMs: number): Telling {
  const message = `the fault of route ${fault.route} was taken out, which was not Sluice's: ${describe(fault, ageMs)}. Annotate ${KEEP_FAULT_ANNOTATION}: <reason> where one is to stay`
  return { type: 'Warning', reason: 'ForeignFaultRemoved', message }
}

/** What was ours and overdue was taken out. @param what in words */
export function ownFaultRemoved(what: readonly string[]): Telling {
  const message = `taken out by the sweep: ${what.join('; ')}`
  return { type: 'Warning', reason: 'OverdueFaultRemoved', message }
}

/** Nobody has a use for a subset that is not ours. */
export function staleSubset({ subset, service }: StaleSubset): Telling {
  const message = `subset ${subset} is not Sluice's, no VirtualService names it, and ${service.name} has no pod of it. Remove it, unless it is to be used again`
  return { type: 'Normal', reason: 'StaleSubset', message }
}

/** A subset that a release of ours left was taken out. */
export function staleSubsetRemoved({ subset, service, leftBy = 'somebody' }: StaleSubset): Telling {
  const message = `subset ${subset} was taken out, which an earlier release of ${leftBy} added: no VirtualService names it, and ${service.name} has no pod of it`
  return { type: 'Normal', reason: 'StaleSubsetRemoved', message }
}

function describe({ does, setBy }: ForeignFault, ageMs: number): string {
  // Whoever sets it last writes all routes, and so does Sluice when it moves weights: then nobody can tell.
  const who = setBy === undefined || setBy === FIELD_MANAGER ? 'set by somebody' : `set by ${setBy}`
  return `${does}, ${who} ${agoText(ageMs)}`
}

const MINUTE_MS = 60_000
const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [24 * 60 * MINUTE_MS, 'day'],
  [60 * MINUTE_MS, 'hour'],
  [MINUTE_MS, 'minute'],
]

/** `3 days ago`, in the largest unit of which there is a whole one: it may have stood there for longer. */
export function agoText(ageMs: number): string {
  const [ms, name] = UNITS.find(([unit]) => ageMs >= unit) ?? [1, '']
  if (name === '') return 'less than a minute ago'
  const count = Math.floor(ageMs / ms)
  return `${count} ${name}${count === 1 ? '' : 's'} ago`
}
