import { beginPlayback, cutShort, KNOWN_MS, play } from '../../core/analysis/replay.ts'
import type { Film, Playback } from '../../core/analysis/replay.ts'
import { addToPast, spansOf } from '../../core/analysis/past.ts'
import type { Past, Span } from '../../core/analysis/past.ts'
import { between } from '../../core/analysis/readings.ts'
import type { Readings } from '../../core/analysis/readings.ts'
import type { Reporter } from '../../core/analysis/strands.ts'
import { divided, divisionOf, twinVersions } from '../../core/analysis/twins.ts'
import type { Division } from '../../core/analysis/twins.ts'
import type { Plan } from '../../core/plan.ts'
import type { Archive } from './archive.ts'
import { withoutOwnMetrics } from './own-metrics.ts'
import type { Subject } from './subject.ts'

const HOUR_MS = 3_600_000
/** The search for releases needs a sample a minute. */
const SCAN_HOURS = 6
const SCAN_STEP_MS = 60_000

/** A version against itself, in one window. */
export interface Twin {
  readonly version: string
  readonly by: Reporter
  readonly playback: Playback
}

/** A release of the past as it would have been judged. */
export interface PastRelease {
  readonly span: Extract<Span, { kind: 'Release' }>
  readonly playback: Playback
}

/** What the past would have been. Times are milliseconds since the epoch. */
export interface Backtest {
  readonly subject: Subject
  /** When the first request is known of. */
  readonly fromMs: number
  readonly toMs: number
  readonly twins: readonly Twin[]
  /** Versions that have one pod and one caller: they cannot be held against themselves. */
  readonly indivisible: readonly string[]
  readonly releases: readonly PastRelease[]
}

export interface Times {
  readonly fromMs: number
  readonly toMs: number
}

/** Is told now and then how far the work is, 0–1. */
export type Progress = (done: number, what: 'searching' | 'replaying') => void

/** Replays the past of a service. Throws an Error when Prometheus cannot be read, or knows nothing of the service. */
export async function backtest(
  subject: Subject,
  archive: Archive,
  times: Times,
  progress: Progress,
): Promise<Backtest> {
  const plan = withoutOwnMetrics(subject.key, subject.plan, 'replayed')
  const past = spansOf(await pastOf(archive, times, progress))
  // The last minute may not be over.
  const spans = past.map((span): Span => ({ ...span, toMs: Math.min(span.toMs, times.toMs) }))
  const first = spans[0]
  if (first === undefined) throw archive.emptiness(times.toMs - times.fromMs)
  const twins: Twin[] = []
  const indivisible = new Set<string>()
  const releases: PastRelease[] = []
  const tell = (atMs: number) => progress((atMs - first.fromMs) / (times.toMs - first.fromMs), 'replaying')
  for (const span of spans) {
    tell(span.fromMs)
    if (span.kind === 'Release') {
      releases.push({ span, playback: await releaseIn(span, plan, archive) })
      continue
    }
    const apart = new Twins(plan, span.version, twins.length)
    for (let at = span.fromMs; at < span.toMs; at += HOUR_MS) {
      const end = Math.min(span.toMs, at + HOUR_MS)
      apart.play(await reel(archive, apart.neededFrom(at), end), at, end)
      tell(end)
    }
    if (!apart.isDivisible) indivisible.add(span.version)
    twins.push(...apart.found)
  }
  const { fromMs } = first
  return { subject, fromMs, toMs: times.toMs, twins, indivisible: [...indivisible], releases }
}

async function pastOf(archive: Archive, { fromMs, toMs }: Times, progress: Progress): Promise<Past> {
  const past: Past = new Map()
  // Samples at the ends of minutes tell what came in each.
  const start = Math.floor(fromMs / SCAN_STEP_MS) * SCAN_STEP_MS
  for (let at = start; at < toMs; at += SCAN_HOURS * HOUR_MS) {
    const end = Math.min(toMs, at + SCAN_HOURS * HOUR_MS)
    const span = { fromMs: at - SCAN_STEP_MS, toMs: end, stepMs: SCAN_STEP_MS }
    addToPast(past, await archive.read(span, 'requests'), at, end)
    progress((end - fromMs) / (toMs - fromMs), 'searching')
  }
  return past
}

/** Counters for playing a time, and what was known before it. */
async function reel(archive: Archive, fromMs: number, toMs: number): Promise<Readings> {
  return archive.read({ fromMs: fromMs - KNOWN_MS, toMs })
}

async function releaseIn(
  { fromMs, toMs, stable, canary }: PastRelease['span'],
  plan: Plan,
  archive: Archive,
): Promise<Playback> {
  let playback = beginPlayback(plan, fromMs)
  for (let at = fromMs; at < toMs && playback.ending === undefined; at += HOUR_MS) {
    const end = Math.min(toMs, at + HOUR_MS)
    // A look may have begun before the hour.
    const readings = await reel(archive, Math.min(at, playback.countedTo), end)
    playback = play(playback, plan, { readings: () => readings, versions: { stable, canary } }, end)
  }
  return cutShort(playback, toMs)
}

interface Window {
  readonly division: Division
  readonly playback: Playback
}

/** A version against itself, windows one after the other. */
class Twins {
  readonly found: Twin[] = []
  /** It has pods or callers to be taken apart by. */
  isDivisible = false
  readonly #plan: Plan
  readonly #version: string
  readonly #turn: number
  #current: Window | undefined

  /** @param turn windows before, so that other pods are the first to go over */
  constructor(plan: Plan, version: string, turn: number) {
    this.#plan = plan
    this.#version = version
    this.#turn = turn
  }

  /** From when on counters are needed for what begins at a time. */
  neededFrom(atMs: number): number {
    return Math.min(atMs, this.#current?.playback.countedTo ?? atMs)
  }

  /** Plays what there is between two times. */
  play(readings: Readings, fromMs: number, toMs: number): void {
    for (let at: number | undefined = fromMs; at !== undefined && at < toMs;) {
      const window: Window | undefined = this.#current ?? this.#begin(readings, at)
      at = window && this.#goOn(readings, window, toMs)
    }
  }

  #begin(readings: Readings, atMs: number): Window | undefined {
    const lately = between(readings, atMs - RECENT_MS, atMs + RECENT_MS)
    const division = divisionOf(lately, this.#version, this.#turn + this.found.length)
    this.isDivisible ||= division !== undefined
    return division && { division, playback: beginPlayback(this.#plan, atMs) }
  }

  /** When the window ended; undefined when it goes on. */
  #goOn(readings: Readings, { division, playback }: Window, toMs: number): number | undefined {
    const film = filmOf(readings, this.#version, { division, plan: this.#plan })
    const after = play(playback, this.#plan, film, toMs)
    this.#current = after.ending === undefined ? { division, playback: after } : undefined
    if (after.ending !== undefined)
      this.found.push({ version: this.#version, by: division.by, playback: after })
    return after.endedMs
  }
}

/** Those who answered or called within this time (milliseconds) of the beginning of a window are taken apart. */
const RECENT_MS = 300_000

function filmOf(
  readings: Readings,
  version: string,
  { division, plan }: { readonly division: Division; readonly plan: Plan },
): Film {
  const known = new Map<number, Readings>()
  return {
    versions: twinVersions(version),
    by: division.by,
    readings: (step) => {
      const weight = plan.steps[step]?.weight ?? 100
      const cut = known.get(weight) ?? divided(readings, version, division, weight)
      known.set(weight, cut)
      return cut
    },
  }
}
