import type { Plan } from '../plan.ts'
import { overdueOf } from '../policy/patience.ts'
import { LOOK_BACK_MS } from './counters.ts'
import { countMeasure } from './counting.ts'
import type { Sight } from './counting.ts'
import { addLook, evidenceOf, initialEvidence } from './evidence.ts'
import type { Evidence } from './evidence.ts'
import { judge } from './judge.ts'
import { measuresOf } from './measures.ts'
import type { Measure } from './measures.ts'
import { levelsOf } from './prospect.ts'
import { between, seriesOf } from './readings.ts'
import type { Readings } from './readings.ts'
import type { Pair, Reporter } from './strands.ts'
import { TRAITS_EVERY_MS, TRAITS_MS, traitsOf } from './traits.ts'
import type { Traits } from './traits.ts'
import type { Judgement } from './verdict.ts'

/**
 * A release of the past, or one that never was, judged by the code that judges releases: look by look, with what was known
 * then. Steps follow each other when they would have; the requests are those that were.
 */

/** How far a film reaches back before what is played (milliseconds). */
export const KNOWN_MS = TRAITS_MS + TRAITS_EVERY_MS

/** What was counted, and whose requests are to be taken for the canary's at a step. */
export interface Film {
  /** Raw counters; they reach back for {@link KNOWN_MS} before what is played. */
  readings(step: number): Readings
  readonly versions: Pair<string>
  /** Who is told apart, where it is not pods: see {@link traitsOf}. */
  readonly by?: Reporter
}

/** RolledBack and Undecided end at a step; CutShort: the requests ended before the release would have. */
export type Ending = 'RolledBack' | 'Passed' | 'Undecided' | 'CutShort'

/** Times are milliseconds since the epoch. */
export interface Playback {
  readonly startedMs: number
  /** Index from 0. */
  readonly step: number
  readonly stepStartedMs: number
  readonly countedTo: number
  readonly evidence: Evidence
  /** When each step passed. */
  readonly passedMs: readonly number[]
  readonly judgement?: Judgement
  readonly ending?: Ending
  /** When it ended. */
  readonly endedMs?: number
}

/** A release that begins at a time (milliseconds since the epoch). */
export function beginPlayback(plan: Plan, startedMs: number): Playback {
  return {
    startedMs,
    step: 0,
    stepStartedMs: startedMs,
    countedTo: startedMs + plan.warmupMs,
    evidence: initialEvidence(measuresOf(plan.metrics), plan.steps.length),
    passedMs: [],
  }
}

/** The playback up to a time; it goes on from there. One that has ended stays as it is. */
export function play(playback: Playback, plan: Plan, film: Film, toMs: number): Playback {
  const projector = new Projector(plan, film)
  let now = playback
  while (now.ending === undefined && now.countedTo + plan.intervalMs <= toMs) now = projector.look(now)
  return now
}

/** The end of what there is to see of a playback. */
export function cutShort(playback: Playback, atMs: number): Playback {
  return playback.ending === undefined ? { ...playback, ending: 'CutShort', endedMs: atMs } : playback
}

class Projector {
  readonly #plan: Plan
  readonly #film: Film
  readonly #measures: readonly Measure[]
  readonly #weights: readonly number[]
  #traits: { readonly traits: Traits; readonly atMs: number; readonly step: number } | undefined

  constructor(plan: Plan, film: Film) {
    this.#plan = plan
    this.#film = film
    this.#measures = measuresOf(plan.metrics)
    this.#weights = plan.steps.map(({ weight }) => weight)
  }

  /** One more look, and what follows from it. */
  look(before: Playback): Playback {
    const evidence = this.#withLook(before)
    const countedTo = before.countedTo + this.#plan.intervalMs
    const terms = { levels: levelsOf(this.#plan), weights: this.#weights }
    const judgement = judge(evidence, this.#measures, terms)
    return this.#after({ ...before, evidence, countedTo, judgement }, judgement)
  }

  #withLook(before: Playback): Evidence {
    const { step, evidence } = before
    const all = this.#film.readings(step)
    const traits = this.#traitsOf(all, before)
    const sight = this.#sightOf(all, before, traits)
    const looks = this.#measures.flatMap((measure) => {
      const look = countMeasure(measure, evidenceOf(evidence, measure.name), sight, traits)
      return look === undefined ? [] : [[measure.name, look] as const]
    })
    const course = { step, weights: this.#weights }
    return addLook(evidence, this.#measures, Object.fromEntries(looks), course)
  }

  #sightOf(all: Readings, { startedMs, countedTo }: Playback, { targets: known }: Traits): Sight {
    const toMs = countedTo + this.#plan.intervalMs
    const readings = between(all, countedTo - LOOK_BACK_MS, toMs)
    // After too long a gap nobody can tell a new target from one that was away: then none counts from 0.
    const wasSeen = seriesOf(readings).some(({ samples }) => (samples[0]?.[0] ?? Infinity) <= countedTo)
    const window = { fromMs: countedTo, toMs, startedMs: wasSeen ? startedMs : Infinity, known }
    return { readings, versions: this.#film.versions, window, canaryIsGone: false }
  }

  /** As known at fixed times since the beginning, so that it does not matter in how many parts a film is played. */
  #traitsOf(all: Readings, { step, startedMs, countedTo }: Playback): Traits {
    const atMs = countedTo - ((countedTo - startedMs) % TRAITS_EVERY_MS)
    const known = this.#traits
    if (known && known.step === step && known.atMs === atMs) return known.traits
    const window = { fromMs: atMs - TRAITS_MS, toMs: atMs, startedMs: Infinity }
    const { by } = this.#film
    const options = { window, alpha: this.#plan.falseRollback, ...(by && { by }) }
    const lately = between(all, window.fromMs, window.toMs)
    const traits = traitsOf(lately, this.#film.versions.stable, options)
    this.#traits = { traits, atMs, step }
    return traits
  }

  #after(now: Playback, { verdict }: Judgement): Playback {
    const { intervalMs, warmupMs, steps } = this.#plan
    const holdMs = steps[now.step]?.holdMs ?? 0
    // A look is complete one scrape after its end.
    const atMs = now.countedTo + intervalMs
    if (verdict === 'Fail') return { ...now, ending: 'RolledBack', endedMs: atMs }
    const overMs = atMs - now.stepStartedMs - holdMs
    if (verdict === 'Pass' && overMs >= 0) {
      const passed = { ...now, passedMs: [...now.passedMs, atMs] }
      if (now.step === steps.length - 1) return { ...passed, ending: 'Passed', endedMs: atMs }
      return { ...passed, step: now.step + 1, stepStartedMs: atMs, countedTo: atMs + warmupMs }
    }
    const overdue = overdueOf({ verdict, overMs, blindMs: 0 }, { ...this.#plan, onPatience: 'Pause' })
    return overdue === undefined ? now : { ...now, ending: 'Undecided', endedMs: atMs }
  }
}
