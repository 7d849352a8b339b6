import { evidenceOf, harmOf } from '../../../src/core/analysis/evidence.ts'
import type { Verdict } from '../../../src/core/analysis/verdict.ts'
import { randomOf } from './random.ts'
import type { Random } from './random.ts'
import { Release, WEIGHTS } from './release.ts'
import type { Setup } from './release.ts'
import { LOOKS_A_MINUTE, LOOK_SECONDS } from './traffic.ts'

/** A setup, or how to make one for each run. */
export type Setups = Setup | ((random: Random) => Setup)

/** How much is simulated. */
export interface Size {
  readonly runs: number
  readonly seed: number
}

/** Looks of an hour, in which nothing is decided otherwise. */
export const HOUR_LOOKS = 60 * LOOKS_A_MINUTE
/** A step that has not passed by then is held. */
const PATIENCE_LOOKS = 30 * LOOKS_A_MINUTE

function releases<T>(setups: Setups, { runs, seed }: Size, run: (release: Release) => T): T[] {
  return Array.from({ length: runs }, (_, index) => {
    const random = randomOf(seed * 1_000_003 + index)
    return run(new Release(typeof setups === 'function' ? setups(random) : setups, random))
  })
}

/** What became of canaries that should not have been rolled back, in an hour at the first weight. */
export interface FalseRollbacks {
  readonly runs: number
  readonly rolledBack: number
  /** By the measure that is judged apart. */
  readonly rolledBackByTwin: number
  /** At some time a pod of stable was so unlike the others that stable was no measure. */
  readonly incomparable: number
  /** Mean of the dispersion that was measured before the release. */
  readonly phi: number
}

/** Rolls out a canary that is as good as stable, or as is tolerated. */
export function falseRollbacks(setup: Setup, size: Size): FalseRollbacks {
  const found = releases(setup, size, (release) => {
    const phi = release.hour?.known.phis[0] ?? 1
    let incomparable = false
    while (release.looks < HOUR_LOOKS) {
      incomparable ||= release.hour?.known.hasOutlier === true
      release.look()
    }
    const rolledBack = release.judgement().verdict === 'Fail'
    return { phi, incomparable, rolledBack, rolledBackByTwin: release.hasTwinFailed }
  })
  return {
    runs: size.runs,
    rolledBack: found.filter(({ rolledBack }) => rolledBack).length,
    rolledBackByTwin: found.filter(({ rolledBackByTwin }) => rolledBackByTwin).length,
    incomparable: found.filter(({ incomparable }) => incomparable).length,
    phi: found.reduce((sum, { phi }) => sum + phi, 0) / size.runs,
  }
}

/** When a bad canary was found; Infinity if it was not within the hour. */
export interface Detection {
  readonly seconds: number
  readonly requests: number
  /** Bad requests of the canary until then. */
  readonly bad: number
}

/** Rolls out a bad canary at the first weight. */
export function detections(setups: Setups, size: Size): Detection[] {
  return releases(setups, size, (release) => {
    while (release.looks < HOUR_LOOKS && !release.hasFailed) release.look()
    const isFound = release.hasFailed && release.judgement().verdict === 'Fail'
    if (!isFound) return { seconds: Infinity, requests: Infinity, bad: Infinity }
    const { total, bad } = release.canary
    return { seconds: release.looks * LOOK_SECONDS, requests: total, bad: bad[0] ?? 0 }
  })
}

/** Seconds from the moment at which a canary turned bad until it was found; Infinity if not within an hour. */
export function lateDetections(setup: Setup, size: Size): number[] {
  const good = setup.scenario.goodLooks ?? 0
  return releases(setup, size, (release) => {
    while (release.looks < good + HOUR_LOOKS && !release.hasFailed) release.look()
    return release.hasFailed ? (release.looks - good) * LOOK_SECONDS : Infinity
  })
}

/** Natural logarithms of the evidence of harm after some looks at the first weight. */
export function finalHarms({ measure, ...setup }: Setup, size: Size, looks: number): number[] {
  return releases({ measure, ...setup }, size, (release) => {
    while (release.looks < looks) release.look()
    return harmOf(evidenceOf(release.evidence, measure.name)).logE
  })
}

/** How a whole release ended. */
export interface Ending {
  readonly end: 'promoted' | 'rolled back' | 'held'
  readonly seconds: number
  /** Held: the verdict says how many requests are missing, or that no number would do. */
  readonly isExplained: boolean
}

/** Rolls out through all steps. */
export function rollouts(setup: Setup, size: Size): Ending[] {
  return releases(setup, size, (release) => {
    for (;;) {
      const verdict = gate(release, PATIENCE_LOOKS)
      const seconds = release.looks * LOOK_SECONDS
      if (verdict === 'Fail') return { end: 'rolled back', seconds, isExplained: true }
      if (verdict !== 'Pass') return { end: 'held', seconds, isExplained: explains(release) }
      if (release.step === WEIGHTS.length - 1) return { end: 'promoted', seconds, isExplained: true }
      release.advance()
    }
  })
}

/** How many releases pass their first step within an hour. */
export function passes(setup: Setup, size: Size): number {
  return releases(setup, size, (release) => gate(release, HOUR_LOOKS)).filter((verdict) => verdict === 'Pass')
    .length
}

/** Looks until the step is decided, or patience is over. */
function gate(release: Release, mostLooks: number): Verdict {
  const begin = release.looks
  let verdict: Verdict = 'NoData'
  while (verdict !== 'Pass' && verdict !== 'Fail' && release.looks - begin < mostLooks) {
    release.look()
    verdict = release.judgement().verdict
  }
  return verdict
}

function explains(release: Release): boolean {
  return release
    .judgement()
    .metrics.every(
      ({ missingRequests, evidence }) =>
        missingRequests !== undefined ||
        /no number of requests|not enough to tell|no canary request/.test(evidence),
    )
}

/** How many requests verdicts of good canaries said were missing at a moment, over those that came until the pass. */
export interface Forecasts {
  readonly ratios: readonly number[]
  /** Verdicts that named no number. */
  readonly unnamed: number
}

interface Way {
  readonly seen: readonly { readonly total: number; readonly missing: number | undefined }[]
  /** Canary requests of the whole way. */
  readonly needed: number
}

/**
 * Rolls out good canaries at one step.
 * @param part of the median way to a pass (0–1) at which verdicts are asked
 */
export function forecasts(setup: Setup, size: Size, part: number): Forecasts {
  const ways = releases(setup, size, wayToPass).flatMap((way) => way ?? [])
  const lengths = ways.map(({ seen }) => seen.length).toSorted((a, b) => a - b)
  const asked = Math.round(part * (lengths[Math.floor(lengths.length / 2)] ?? 0))
  const answers = ways.flatMap(({ seen, needed }) => {
    const at = seen[asked]
    return at === undefined ? [] : [{ missing: at.missing, left: needed - at.total }]
  })
  const ratios = answers.flatMap(({ missing, left }) => (missing === undefined ? [] : [missing / left]))
  return { ratios, unnamed: answers.length - ratios.length }
}

/** Undefined when it does not pass within an hour. */
function wayToPass(release: Release): Way | undefined {
  const seen: { total: number; missing: number | undefined }[] = []
  for (;;) {
    release.look()
    const { verdict, metrics } = release.judgement()
    const { total } = release.canary
    if (verdict === 'Pass') return { seen, needed: total }
    if (verdict === 'Fail' || release.looks >= HOUR_LOOKS) return undefined
    seen.push({ total, missing: metrics[0]?.missingRequests })
  }
}
