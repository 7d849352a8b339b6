import { describe, expect, test } from 'vitest'
import { randomOf } from '../../../bench/analysis/simulation/random.ts'
import { WEIGHTS } from '../../../bench/analysis/simulation/release.ts'
import { BASE, ERRORS, errorsOf } from '../../../bench/analysis/simulation/scenarios.ts'
import { Traffic } from '../../../bench/analysis/simulation/traffic.ts'
import { LOOK_BACK_MS } from '../../../src/core/analysis/counters.ts'
import { countMeasure } from '../../../src/core/analysis/counting.ts'
import { addLook, evidenceOf, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { Evidence } from '../../../src/core/analysis/evidence.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import { readingsEnd } from '../../../src/core/analysis/readings.ts'
import type { Pair } from '../../../src/core/analysis/strands.ts'
import { TRAITS_EVERY_MS, TRAITS_MS, traitsOf } from '../../../src/core/analysis/traits.ts'
import type { Traits } from '../../../src/core/analysis/traits.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'
import { Recorder, SCRAPE_MS } from './recorder.ts'
import type { Trouble } from './recorder.ts'

/** Whole releases on raw counters: scraped at odd moments, of pods that restart and make way for others. */

const HISTORY_SCRAPES = TRAITS_MS / SCRAPE_MS
const MOST_LOOKS = 120
const VERSIONS = { canary: 'canary', stable: 'stable' }

interface Run {
  readonly end: 'Pass' | 'Fail' | 'Unsure'
  readonly counted: Pair<{ total: number; bad: number }>
  readonly truth: Pair<{ total: number; bad: number }>
}

/** One release, looked at as an observer does. */
class Observed {
  readonly #recorder: Recorder
  readonly #traffic: Traffic
  readonly #startedMs: number
  #evidence: Evidence = initialEvidence([ERRORS], WEIGHTS.length)
  #traits: Traits | undefined
  #readAt = -Infinity
  #countedTo: number
  readonly #counted = { canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }
  readonly #truth = { canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }

  constructor(canary: number, seed: number, trouble: Trouble) {
    const random = randomOf(seed)
    this.#traffic = new Traffic(errorsOf(canary), random)
    this.#recorder = new Recorder(random, trouble)
    for (let scrape = 0; scrape < HISTORY_SCRAPES; scrape++) this.#recorder.record(this.#traffic.next(0))
    this.#startedMs = this.#recorder.now
    this.#countedTo = this.#startedMs
  }

  run(): Run {
    for (const step of WEIGHTS.keys()) {
      const end = this.#observe(step)
      if (end !== 'Pass') return { end, counted: this.#counted, truth: this.#truth }
    }
    return { end: 'Pass', counted: this.#counted, truth: this.#truth }
  }

  #observe(step: number): Run['end'] {
    // What was answered at the weight before is not of this step.
    this.#countedTo = this.#recorder.now
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      this.#recorder.record(this.#traffic.next((WEIGHTS[step] ?? 100) / 100))
      this.#look(step)
      const { verdict } = judge(this.#evidence, [ERRORS], { levels: DEFAULT_LEVELS, weights: WEIGHTS })
      if (verdict === 'Pass' || verdict === 'Fail') return verdict
    }
    return 'Unsure'
  }

  #look(step: number): void {
    const fromMs = this.#countedTo
    const readings = this.#recorder.readings(fromMs - LOOK_BACK_MS, this.#recorder.now)
    const toMs = readingsEnd(readings, this.#recorder.now, SCRAPE_MS)
    if (toMs === undefined || toMs <= fromMs) return
    const window = { fromMs, toMs, startedMs: this.#startedMs }
    const sight = { readings, versions: VERSIONS, window, canaryIsGone: false }
    const seen = countMeasure(ERRORS, evidenceOf(this.#evidence, ERRORS.name), sight, this.#known(fromMs))
    if (seen === undefined) throw new Error('nothing was counted')
    this.#evidence = addLook(this.#evidence, [ERRORS], { [ERRORS.name]: seen }, { step, weights: WEIGHTS })
    this.#countedTo = toMs
    const truth = this.#recorder.truth(fromMs, toMs)
    for (const side of ['canary', 'stable'] as const) {
      this.#counted[side].total += seen.strands[0]?.total[side] ?? 0
      this.#counted[side].bad += seen.strands[0]?.cuts[0]?.bad[side] ?? 0
      this.#truth[side].total += truth[side].total
      this.#truth[side].bad += truth[side].bad
    }
  }

  #known(toMs: number): Traits {
    if (this.#traits && toMs - this.#readAt < TRAITS_EVERY_MS) return this.#traits
    const window = { fromMs: toMs - TRAITS_MS, toMs, startedMs: Infinity }
    const readings = this.#recorder.background(window.fromMs, toMs)
    this.#traits = traitsOf(readings, VERSIONS.stable, { window, alpha: DEFAULT_LEVELS.alpha })
    this.#readAt = toMs
    return this.#traits
  }
}

const RUNS = 100
const runsOf = (canary: number, trouble: Trouble, runs = RUNS): Run[] =>
  Array.from({ length: runs }, (_, index) => new Observed(canary, index + 1, trouble).run())

const CALM: Trouble = { restarts: 0, renames: 0.005 }
const STORMY: Trouble = { restarts: 0.01, renames: 0.01 }

describe('on recorded counters', () => {
  test(`${RUNS} canaries as good as stable are promoted, and every answer is counted once`, () => {
    const runs = runsOf(BASE, CALM)
    expect(runs.filter(({ end }) => end === 'Pass').length).toBeGreaterThanOrEqual(RUNS - 1)
    for (const { counted, truth } of runs) expect(counted).toEqual(truth)
  })

  test(`${RUNS} canaries with 1 % errors against 0.1 % are rolled back`, () => {
    const runs = runsOf(0.01, CALM)
    expect(runs.map(({ end }) => end)).toEqual(runs.map(() => 'Fail'))
    for (const { counted, truth } of runs) expect(counted).toEqual(truth)
  })

  // A counter that has passed its former value when it is seen again hides that it began anew.
  test('restarts of proxies lose no more than counters can hide, double nothing, and blame nobody', () => {
    for (const { end, counted, truth } of runsOf(BASE, STORMY, 40)) {
      expect(end).not.toBe('Fail')
      for (const side of ['canary', 'stable'] as const) {
        expect(counted[side].total).toBeLessThanOrEqual(truth[side].total)
        expect(counted[side].total).toBeGreaterThan(0.9 * truth[side].total)
        expect(counted[side].bad).toBeLessThanOrEqual(truth[side].bad)
      }
    }
  })
})
