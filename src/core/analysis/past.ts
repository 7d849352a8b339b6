import { increments } from './background.ts'
import { REPORTERS } from './readings.ts'
import type { Readings } from './readings.ts'

const MINUTE_MS = 60_000
/** A pause of this length in one version's requests does not end a release (minutes). */
const PAUSE = 10
/** By so many of its first minutes is told who the canary was. */
const BEGINNING = 5

/** Requests by minute (minutes since the epoch) and version. */
export type Past = Map<number, Map<string, number>>

/** A time (milliseconds since the epoch) in which one version had all requests, or a release was under way. */
export type Span =
  | { readonly kind: 'Alone'; readonly fromMs: number; readonly toMs: number; readonly version: string }
  | {
      readonly kind: 'Release'
      readonly fromMs: number
      readonly toMs: number
      readonly stable: string
      readonly canary: string
    }

type Alone = Extract<Span, { kind: 'Alone' }>
type Release = Extract<Span, { kind: 'Release' }>

/** Adds what was counted between two times (milliseconds since the epoch) to what is known of the past. */
export function addToPast(past: Past, readings: Readings, fromMs: number, toMs: number): void {
  const named = REPORTERS.flatMap((side) => readings[side].requests).filter(({ version }) => version !== '')
  for (const { version, samples } of named) {
    // What a sample at the end of a minute adds came in that minute.
    const earlier = samples.map(([at, value]) => [at - 1, value] as const)
    for (const { block, added } of increments(earlier)) {
      const isWithin = block * MINUTE_MS >= fromMs && block * MINUTE_MS < toMs
      if (added > 0 && isWithin) addMinute(past, block, { version, requests: added })
    }
  }
}

function addMinute(past: Past, block: number, { version, requests }: { version: string; requests: number }) {
  const minute = past.get(block) ?? new Map<string, number>()
  past.set(block, minute)
  minute.set(version, (minute.get(version) ?? 0) + requests)
}

/** The past in the order of time. Who began later was the canary. */
export function spansOf(past: Past): Span[] {
  const minutes = [...past.keys()].toSorted((a, b) => a - b)
  const spans: Span[] = []
  for (const minute of minutes) {
    const next = spanAt(past, minute, spans.at(-1))
    const last = spans.at(-1)
    if (last && continues(last, next)) spans[spans.length - 1] = { ...last, toMs: next.toMs }
    else spans.push(next)
  }
  return spans.reduce(withoutPause, [])
}

function spanAt(past: Past, minute: number, before: Span | undefined): Span {
  const time = { fromMs: minute * MINUTE_MS, toMs: (minute + 1) * MINUTE_MS }
  const versions = [...(past.get(minute) ?? [])].toSorted(([, a], [, b]) => b - a)
  const [first = '', second] = versions.map(([version]) => version)
  if (second === undefined) return { kind: 'Alone', ...time, version: first }
  const stable = stableOf([first, second], before) ?? olderOf(past, minute, [first, second])
  return { kind: 'Release', ...time, stable, canary: stable === first ? second : first }
}

/** Who had the requests before; undefined where that was another. */
function stableOf(pair: readonly string[], before: Span | undefined): string | undefined {
  const known = before?.kind === 'Release' ? before.stable : before?.version
  return known !== undefined && pair.includes(known) ? known : undefined
}

/** Nothing is known of the time before: who has more requests at first was there first. */
function olderOf(past: Past, minute: number, [a, b]: readonly [string, string]): string {
  const minutes = Array.from({ length: BEGINNING }, (_, index) => past.get(minute + index))
  const requests = (version: string) => minutes.reduce((sum, one) => sum + (one?.get(version) ?? 0), 0)
  return requests(a) >= requests(b) ? a : b
}

/** Silence does not end anything by itself. */
function continues(last: Span, next: Span): boolean {
  if (last.kind === 'Alone') return next.kind === 'Alone' && last.version === next.version
  return isSameRelease(last, next) && next.fromMs - last.toMs <= PAUSE * MINUTE_MS
}

function isSameRelease(last: Span | undefined, next: Span): last is Release {
  if (last?.kind !== 'Release' || next.kind !== 'Release') return false
  const pair = new Set([next.stable, next.canary])
  return pair.has(last.stable) && pair.has(last.canary)
}

/** A release in which one side had no request for a while is one release. */
function withoutPause(joined: readonly Span[], span: Span): Span[] {
  const [before, pause] = [joined.at(-2), joined.at(-1)]
  if (!isSameRelease(before, span) || !isAlone(pause)) return [...joined, span]
  if (span.fromMs - before.toMs > PAUSE * MINUTE_MS) return [...joined, span]
  return [...joined.slice(0, -2), { ...before, toMs: span.toMs }]
}

function isAlone(span: Span | undefined): span is Alone {
  return span?.kind === 'Alone'
}
