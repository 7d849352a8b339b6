import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countMeasure } from '../../../src/core/analysis/counting.ts'
import type { Sample } from '../../../src/core/analysis/counters.ts'
import { addLook, evidenceOf, harmOf, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { MetricLook } from '../../../src/core/analysis/evidence.ts'
import type { LabeledSeries } from '../../../src/core/analysis/istio.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
import type { Traits } from '../../../src/core/analysis/traits.ts'
import { cases } from '../property.ts'
import { at, terms } from './looks.ts'

/** What holds for histograms of any pods, and any way to cut their time into looks. */

const LIMIT: Measure = { name: 'p99', kind: 'Latency', limit: 0.01, max: '100ms', percentile: 99 }
const SCRAPES = 20
const SCRAPE_MS = 15_000
const END_MS = (SCRAPES + 1) * SCRAPE_MS
const BOUNDS = [10, 100, Infinity] as const

const traits: Traits = {
  of: () => ({ phi: 1 }),
  buckets: () => [],
  outlier: () => undefined,
  targets: new Set(),
  toMs: 0,
  settle: () => undefined,
  succeededBy: (later) => later,
}

interface Pod {
  readonly version: 'canary' | 'stable'
  readonly name: string
  readonly offsetMs: number
  /** By scrape: requests that took 5 ms, 50 ms and 500 ms. */
  readonly added: readonly (readonly [number, number, number])[]
  /** Before which scrapes its proxy began anew. */
  readonly resets: readonly number[]
}

const few = fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 }), fc.nat({ max: 2 }))
const many = fc.tuple(fc.nat({ max: 90 }), fc.nat({ max: 9 }), fc.nat({ max: 1 }))
const pod = fc.record({
  version: fc.constantFrom('canary' as const, 'stable' as const),
  offsetMs: fc.nat({ max: SCRAPE_MS - 1 }),
  added: fc.oneof(
    fc.array(few, { minLength: SCRAPES, maxLength: SCRAPES }),
    fc.array(many, { minLength: SCRAPES, maxLength: SCRAPES }),
  ),
  resets: fc.array(fc.integer({ min: 1, max: SCRAPES - 1 }), { maxLength: 4 }),
})
const pods = fc
  .array(pod, { minLength: 1, maxLength: 6 })
  .map((all) => all.map((one, index): Pod => ({ ...one, name: `pod-${index}` })))
const time = fc.integer({ min: -1, max: END_MS })
const cuts = fc.array(time, { maxLength: 6 }).map((times) => [-1, ...times.toSorted((a, b) => a - b), END_MS])
const stretches = (ends: readonly number[]) =>
  ends.slice(1).map((toMs, index) => [ends[index] ?? -1, toMs] as const)

function seriesOf(all: readonly Pod[]): LabeledSeries[] {
  return all.flatMap(({ version, name, offsetMs, added, resets }) => {
    let totals = [0, 0, 0]
    const scrapes = added.map((counts, scrape) => {
      if (resets.includes(scrape)) totals = [0, 0, 0]
      totals = totals.map((total, place) => total + (counts[place] ?? 0))
      return { at: scrape * SCRAPE_MS + offsetMs, totals }
    })
    return BOUNDS.map((le, place): LabeledSeries => {
      const samples = scrapes.map(({ at: when, totals: by }): Sample => {
        return [when, by.slice(0, place + 1).reduce((sum, count) => sum + count)]
      })
      return { version, instance: name, pod: name, le, samples }
    })
  })
}

function counted(series: readonly LabeledSeries[], fromMs: number, toMs: number): MetricLook {
  const readings = { ...NO_READINGS, Destination: { requests: [], latencies: series } }
  const window = { fromMs, toMs, startedMs: -1 }
  const sight = { readings, versions: { canary: 'canary', stable: 'stable' }, window, canaryIsGone: false }
  const nothing = evidenceOf(initialEvidence([LIMIT], 4), LIMIT.name)
  const look = countMeasure(LIMIT, nothing, sight, traits)
  if (look === undefined) throw new Error('nothing was counted')
  return look
}

const sumsOf = ({ strands }: MetricLook) => ({
  total: strands[0]?.total ?? { canary: 0, stable: 0 },
  slow: strands[0]?.cuts[0]?.bad ?? { canary: 0, stable: 0 },
})

/** Answers that scrapes after the first time, up to the second, were the first to see; only the slow ones, or all. */
function truthOf(all: readonly Pod[], [fromMs, toMs]: readonly [number, number], version: Pod['version']) {
  const seen = all
    .filter((one) => one.version === version)
    .flatMap(({ added, offsetMs }) => added.map((by, scrape) => ({ at: scrape * SCRAPE_MS + offsetMs, by })))
    .filter(({ at: when }) => when > fromMs && when <= toMs)
  return {
    total: seen.reduce((sum, { by }) => sum + by[0] + by[1] + by[2], 0),
    slow: seen.reduce((sum, { by }) => sum + by[2], 0),
  }
}

/** Latencies are only counted where stable has some. */
const withStable = (all: readonly Pod[]) => all.some(({ version }) => version === 'stable')

describe('slow answers', () => {
  test('are never more than there were, with resets anywhere', () => {
    fc.assert(
      fc.property(pods.filter(withStable), time, time, (all, one, other) => {
        const span = [Math.min(one, other), Math.max(one, other)] as const
        const { total, slow } = sumsOf(counted(seriesOf(all), ...span))
        for (const side of ['canary', 'stable'] as const) {
          const truth = truthOf(all, span, side)
          expect(slow[side]).toBeLessThanOrEqual(truth.slow)
          expect(total[side]).toBeLessThanOrEqual(truth.total)
        }
      }),
      cases(500),
    )
  })

  test('are all that there were, where no proxy began anew', () => {
    const steady = pods.filter(withStable).map((all) => all.map((one) => ({ ...one, resets: [] })))
    fc.assert(
      fc.property(steady, time, time, (all, one, other) => {
        const span = [Math.min(one, other), Math.max(one, other)] as const
        const { total, slow } = sumsOf(counted(seriesOf(all), ...span))
        for (const side of ['canary', 'stable'] as const)
          expect({ total: total[side], slow: slow[side] }).toEqual(truthOf(all, span, side))
      }),
      cases(200),
    )
  })

  // A proxy that began anew and has passed all of its old counts by the next scrape looks like one that went on: what it
  // lacks of slow answers is then missing in a look of its own, or takes from those of a longer one.
  test('are no fewer in parts of a look than in the whole, and answers as many, with resets anywhere', () => {
    fc.assert(
      fc.property(pods.filter(withStable), cuts, (all, ends) => {
        const series = seriesOf(all)
        const whole = sumsOf(counted(series, -1, END_MS))
        const parts = stretches(ends).map(([fromMs, toMs]) => sumsOf(counted(series, fromMs, toMs)))
        for (const side of ['canary', 'stable'] as const) {
          expect(parts.reduce((sum, { total }) => sum + total[side], 0)).toBe(whole.total[side])
          expect(parts.reduce((sum, { slow }) => sum + slow[side], 0)).toBeGreaterThanOrEqual(
            whole.slow[side],
          )
        }
      }),
      cases(200),
    )
  })

  test('that never were are no evidence, whatever becomes of proxies and however looks are split', () => {
    const fast = pods
      .filter(withStable)
      .map((all) => all.map((one) => ({ ...one, added: one.added.map(([a, b]) => [a, b, 0] as const) })))
    fc.assert(
      fc.property(fast, cuts, (all, ends) => {
        const series = seriesOf(all)
        const evidence = stretches(ends).reduce(
          (known, [fromMs, toMs]) =>
            addLook(known, [LIMIT], { [LIMIT.name]: counted(series, fromMs, toMs) }, at(0)),
          initialEvidence([LIMIT], 4),
        )
        expect(harmOf(evidenceOf(evidence, LIMIT.name)).logE).toBeLessThanOrEqual(1e-9)
        expect(judge(evidence, [LIMIT], terms()).verdict).not.toBe('Fail')
      }),
      cases(200),
    )
  })
})
