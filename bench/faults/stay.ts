import type { Change } from '../../sandbox/kit/ledger.ts'

/** A fault as its record in the object tells. Read here on its own, so that Sluice does not vouch for itself. */
interface Told {
  readonly id: string
  readonly injectedAt: string
  readonly expiresAt: string
}

/** The stay of a fault in a VirtualService. Times are milliseconds since the epoch. */
export interface Stay {
  readonly namespace: string
  readonly name: string
  readonly from: number
  readonly expiresAt: number
  /** Undefined: it is still there. */
  readonly to: number | undefined
}

/** A time in which nobody could end a fault. */
export interface Dark {
  readonly from: number
  /** When the last of what was missing was there again. */
  readonly to: number
}

/** All stays of faults that a record of changes shows, of the VirtualServices of a namespace. */
export function staysIn(changes: readonly Change[], namespace: string): Stay[] {
  const stays = new Map<string, Stay>()
  for (const change of changes) {
    if (change.kind !== 'VirtualService' || change.namespace !== namespace) continue
    const there = toldIn(change.after).map((told) => [keyOf(change.name, told), told] as const)
    for (const [key, told] of there) if (!stays.has(key)) stays.set(key, begun(change, told))
    end(stays, change, new Set(there.map(([key]) => key)))
  }
  return [...stays.values()]
}

function keyOf(name: string, { id, injectedAt }: Told): string {
  return `${name} ${id} ${injectedAt}`
}

function begun({ namespace, name, at }: Change, { expiresAt }: Told): Stay {
  return { namespace, name, from: at, expiresAt: Date.parse(expiresAt), to: undefined }
}

/** Notes the end of stays that a change shows no more. */
function end(stays: Map<string, Stay>, { name, at, after }: Change, there: ReadonlySet<string>): void {
  if (hasRoutes(after) && there.size === 0) return
  for (const [key, stay] of stays)
    if (stay.name === name && stay.to === undefined && !there.has(key)) stays.set(key, { ...stay, to: at })
}

/**
 * How much longer a fault stayed than it may (milliseconds): after it expired, and somebody who could end it was there.
 * Negative: it went before that. Infinity: it is still there.
 */
export function overrunMs({ expiresAt, to }: Stay, darks: readonly Dark[]): number {
  const dark = darks.find(({ from, to: until }) => from <= expiresAt && expiresAt < until)
  return (to ?? Infinity) - (dark?.to ?? expiresAt)
}

function toldIn(object: Change['after']): Told[] {
  return JSON.parse(object?.metadata?.annotations?.['sluice.dev/faults'] ?? '[]') as Told[]
}

/** Routes of ours that outlive their record are a fault that stays. */
function hasRoutes(object: Change['after']): boolean {
  const { spec } = (object ?? {}) as { spec?: { http?: { name?: string }[] } }
  return spec?.http?.some(({ name }) => name?.startsWith('sluice-')) === true
}

/** A VirtualService without anything of ours, as text. */
export function foreignPart(object: Change['after']): string {
  const { spec, metadata } = (object ?? {}) as Change['after'] & { spec?: { http?: { name?: string }[] } }
  const http = spec?.http?.filter(({ name }) => !name?.startsWith('sluice-'))
  const { 'sluice.dev/faults': _ours, ...annotations } = metadata?.annotations ?? {}
  return JSON.stringify({ annotations, labels: metadata?.labels, spec: { ...spec, http } })
}

/** Routes of ours that would meet others than the pods of a version. */
export function openRoutes(object: Change['after'], version: string): string[] {
  const { spec } = (object ?? {}) as { spec?: { http?: Route[] } }
  const own = (spec?.http ?? []).filter(({ name }) => name?.startsWith('sluice-fault-'))
  return own.flatMap(({ name = '', match = [] }) => {
    const isClosed = (one: Match) => one.sourceLabels?.['version'] === version && one.gateways === undefined
    return match.length > 0 && match.every(isClosed) ? [] : [name]
  })
}

interface Match {
  readonly sourceLabels?: Readonly<Record<string, string>>
  readonly gateways?: readonly string[]
}

interface Route {
  readonly name?: string
  readonly match?: readonly Match[]
}
