import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BASE, ERRORS, LATENCY } from '../../../bench/analysis/simulation/scenarios.ts'
import { WEIGHTS } from '../../../bench/analysis/simulation/release.ts'
import { countMeasure } from '../../../src/core/analysis/counting.ts'
import type { Sample } from '../../../src/core/analysis/counters.ts'
import { addLook, evidenceOf, harmOf, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { Evidence, MetricLook } from '../../../src/core/analysis/evidence.ts'
import type { LabeledSeries } from '../../../src/core/analysis/istio.ts'
import { judge } from '../../../src/core/analysis/judge.ts'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
import { paramsOf } from '../../../src/core/analysis/processes.ts'
import type { Traits } from '../../../src/core/analysis/traits.ts'
import { DEFAULT_LEVELS } from '../../../src/core/analysis/verdict.ts'

/** What holds for any counters and any way to cut them into looks. */

const SCRAPES = 24
const SCRAPE_MS = 15_000
const END_MS = (SCRAPES + 1) * SCRAPE_MS
const CODES = ['200', '404', '503'] as const
const MEASURES = [ERRORS, LATENCY]
const COURSE = { step: 0, weights: WEIGHTS }
const FIRST = { phi: 1, past: BASE }
const traits: Traits = {
  of: () => FIRST,
  buckets: () => [],
  outlier: () => undefined,
  targets: new Set(),
  toMs: 0,
  settle: () => undefined,
  succeededBy: (later) => later,
}

/** A pod's proxy, from its first scrape to its last; between scrapes it counted so many by code, or began anew. */
interface Pod {
  readonly version: 'canary' | 'stable'
  readonly name: string
  readonly offsetMs: number
  readonly begin: number
  readonly life: number
  /** By scrape, by code. */
  readonly added: readonly (readonly number[])[]
  readonly resets: readonly number[]
}

const counts = fc.tuple(fc.nat({ max: 90 }), fc.nat({ max: 3 }), fc.nat({ max: 3 }))

const podOf = (resets: fc.Arbitrary<number[]>): fc.Arbitrary<Omit<Pod, 'name'>> =>
  fc.record({
    version: fc.constantFrom('canary' as const, 'stable' as const),
    offsetMs: fc.nat({ max: SCRAPE_MS - 1 }),
    begin: fc.nat({ max: SCRAPES - 2 }),
    life: fc.integer({ min: 1, max: SCRAPES }),
    added: fc.array(counts, { minLength: SCRAPES, maxLength: SCRAPES }),
    resets,
  })

/** Pods come and go, and no name returns: one that goes and one that comes are a pod renamed. */
const podsOf = (resets: fc.Arbitrary<number[]>): fc.Arbitrary<Pod[]> =>
  fc
    .array(podOf(resets), { minLength: 1, maxLength: 8 })
    .map((pods) => pods.map((pod, index) => ({ ...pod, name: `pod-${index}` })))

const neverReset = fc.constant<number[]>([])
const anyReset = fc.array(fc.nat({ max: SCRAPES - 1 }), { maxLength: 3 })

/** Counters as they are scraped: a series appears with its first count. */
function seriesOf(pods: readonly Pod[]): LabeledSeries[] {
  return pods.flatMap((pod) =>
    CODES.map((code, place): LabeledSeries => {
      const samples: Sample[] = []
      let value = 0
      for (const { scrape, added } of scrapesOf(pod)) {
        if (pod.resets.includes(scrape)) value = 0
        value += added[place] ?? 0
        if (value > 0) samples.push([scrape * SCRAPE_MS + pod.offsetMs, value])
      }
      return { version: pod.version, instance: pod.name, pod: pod.name, code, samples }
    }),
  )
}

function scrapesOf({ begin, life, added }: Pod) {
  return added.map((one, scrape) => ({ scrape, added: one })).slice(begin, begin + life)
}

/** What was answered, as is seen by scrapes after the first time, up to the second. */
function truthOf(pods: readonly Pod[], fromMs: number, toMs: number) {
  const of = (version: Pod['version'], codes: readonly number[]) =>
    pods
      .filter((pod) => pod.version === version)
      .flatMap((pod) =>
        scrapesOf(pod).map(({ scrape, added }) => ({ at: scrape * SCRAPE_MS + pod.offsetMs, added })),
      )
      .filter(({ at }) => at > fromMs && at <= toMs)
      .reduce((sum, { added }) => sum + codes.reduce((all, code) => all + (added[code] ?? 0), 0), 0)
  return {
    total: { canary: of('canary', [0, 1, 2]), stable: of('stable', [0, 1, 2]) },
    bad: { canary: of('canary', [2]), stable: of('stable', [2]) },
  }
}

/** What a look at the pods' own proxies counts. Every target came after the release began. */
function counted(series: readonly LabeledSeries[], fromMs: number, toMs: number): MetricLook {
  const readings = { ...NO_READINGS, Destination: { requests: series, latencies: [] } }
  const window = { fromMs, toMs, startedMs: -1 }
  const sight = { readings, versions: { canary: 'canary', stable: 'stable' }, window, canaryIsGone: false }
  const nothing = evidenceOf(initialEvidence(MEASURES, WEIGHTS.length), ERRORS.name)
  const look = countMeasure(ERRORS, nothing, sight, traits)
  if (look === undefined) throw new Error('nothing was counted')
  return look
}

const sumsOf = ({ strands }: MetricLook) => ({ total: strands[0]?.total, bad: strands[0]?.cuts[0]?.bad })

const time = fc.integer({ min: -1, max: END_MS })
const cuts = fc.array(time, { maxLength: 6 }).map((times) => [-1, ...times.toSorted((a, b) => a - b), END_MS])
const stretches = (ends: readonly number[]) =>
  ends.slice(1).map((toMs, index) => [ends[index] ?? -1, toMs] as const)

/** The evidence of errors after looks. */
function after(looks: readonly MetricLook[]): Evidence {
  return looks.reduce(
    (known, look) => addLook(known, [ERRORS], { [ERRORS.name]: look }, COURSE),
    initialEvidence([ERRORS], WEIGHTS.length),
  )
}

const verdictOf = (evidence: Evidence) =>
  judge(evidence, [ERRORS], { levels: DEFAULT_LEVELS, weights: WEIGHTS }).verdict

describe('what a look counts', () => {
  test('is what was answered, whichever pods came, went and were renamed', () => {
    fc.assert(
      fc.property(podsOf(neverReset), time, time, (pods, one, other) => {
        const [fromMs, toMs] = [Math.min(one, other), Math.max(one, other)]
        expect(sumsOf(counted(seriesOf(pods), fromMs, toMs))).toEqual(truthOf(pods, fromMs, toMs))
      }),
    )
  })

  test('is the same in whatever order series are read', () => {
    const orders = podsOf(anyReset).chain((pods) => {
      const series = seriesOf(pods)
      return fc.tuple(fc.constant(series), fc.shuffledSubarray(series, { minLength: series.length }))
    })
    fc.assert(
      fc.property(orders, time, time, ([series, shuffled], one, other) => {
        const [fromMs, toMs] = [Math.min(one, other), Math.max(one, other)]
        expect(counted(shuffled, fromMs, toMs)).toEqual(counted(series, fromMs, toMs))
      }),
    )
  })

  test('adds up to the whole, however it is split, through resets anywhere', () => {
    fc.assert(
      fc.property(podsOf(anyReset), cuts, (pods, ends) => {
        const series = seriesOf(pods)
        const parts = stretches(ends).map(([fromMs, toMs]) => sumsOf(counted(series, fromMs, toMs)))
        const sum = (what: 'total' | 'bad', side: Pod['version']) =>
          parts.reduce((all, part) => all + (part[what]?.[side] ?? 0), 0)
        expect({
          total: { canary: sum('total', 'canary'), stable: sum('total', 'stable') },
          bad: { canary: sum('bad', 'canary'), stable: sum('bad', 'stable') },
        }).toEqual(sumsOf(counted(series, -1, END_MS)))
      }),
    )
  })

  test('is never more than what was answered, with resets anywhere', () => {
    fc.assert(
      fc.property(podsOf(anyReset), time, time, (pods, one, other) => {
        const [fromMs, toMs] = [Math.min(one, other), Math.max(one, other)]
        const { total, bad } = sumsOf(counted(seriesOf(pods), fromMs, toMs))
        const truth = truthOf(pods, fromMs, toMs)
        for (const side of ['canary', 'stable'] as const) {
          expect(total?.[side]).toBeLessThanOrEqual(truth.total[side])
          expect(bad?.[side]).toBeLessThanOrEqual(truth.bad[side])
        }
      }),
    )
  })

  test('is not changed by scrapes that come twice', () => {
    const doubled = ({ samples, ...rest }: LabeledSeries, again: readonly boolean[]): LabeledSeries => ({
      ...rest,
      samples: samples.flatMap((sample, index) => (again[index] ? [sample, sample] : [sample])),
    })
    const flags = fc.array(fc.boolean(), { minLength: SCRAPES, maxLength: SCRAPES })
    fc.assert(
      fc.property(podsOf(anyReset), flags, cuts, (pods, again, ends) => {
        const series = seriesOf(pods)
        const twice = series.map((one) => doubled(one, again))
        for (const [fromMs, toMs] of stretches(ends))
          expect(counted(twice, fromMs, toMs)).toEqual(counted(series, fromMs, toMs))
      }),
    )
  })
})

/** Looks of any size in which errors are a share that each side's counts need not round. */
const requests = fc.record({ stable: fc.nat({ max: 100_000 }), canary: fc.nat({ max: 5000 }) })
const share = fc.double({ min: 0, max: 0.3, noNaN: true })

function lookOf(total: { stable: number; canary: number }, stable: number, canary: number): MetricLook {
  const bad = { stable: total.stable * stable, canary: total.canary * canary }
  return { strands: [{ reporter: 'Source', total, cuts: [{ bad, phi: 1 }] }] }
}

describe('evidence', () => {
  test('against a canary without errors there is none, whatever becomes of pods and however looks are split', () => {
    fc.assert(
      fc.property(podsOf(anyReset), cuts, (pods, ends) => {
        const series = seriesOf(pods).filter(({ version, code }) => version === 'stable' || code !== '503')
        const evidence = after(stretches(ends).map(([fromMs, toMs]) => counted(series, fromMs, toMs)))
        expect(harmOf(evidenceOf(evidence, ERRORS.name)).logE).toBeLessThanOrEqual(1e-9)
        expect(verdictOf(evidence)).not.toBe('Fail')
      }),
    )
  })

  // Rates may differ from look to look: incidents of both versions are no evidence either.
  test('against a canary that is in each look no worse than tolerated there is none', () => {
    const looks = fc.array(fc.tuple(requests, share, fc.double({ min: 0, max: 1, noNaN: true })), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(looks, (all) => {
        const tolerance = ERRORS.vsStable?.tolerance ?? NaN
        const evidence = after(
          all.map(([total, rate, part]) => lookOf(total, rate, part * (rate + tolerance))),
        )
        expect(evidence.peak.logE).toBeLessThanOrEqual(1e-6)
      }),
    )
  })

  test('for a canary that is in each look unacceptable there is none', () => {
    const { delta = NaN } = paramsOf(ERRORS, 'pass', COURSE, { phi: 1 }) ?? {}
    const looks = fc.array(fc.tuple(requests, share, share), { maxLength: 30 })
    fc.assert(
      fc.property(looks, (all) => {
        const evidence = after(all.map(([total, rate, more]) => lookOf(total, rate, rate + delta + more)))
        expect(verdictOf(evidence)).not.toBe('Pass')
      }),
    )
  })

  test('is not changed by a look that saw nothing, nor by the order in which metrics are told', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(requests, share), { minLength: 1, maxLength: 8 }), (all) => {
        const looks = all.map(([total, rate]) => lookOf(total, rate, rate / 2))
        const silence = lookOf({ stable: 0, canary: 0 }, 0, 0)
        expect(after(looks.flatMap((look) => [look, silence]))).toEqual(after(looks))
        const told = (names: readonly string[]) =>
          looks.reduce(
            (known, look) =>
              addLook(known, MEASURES, Object.fromEntries(names.map((name) => [name, look])), COURSE),
            initialEvidence(MEASURES, WEIGHTS.length),
          )
        expect(told([LATENCY.name, ERRORS.name])).toEqual(told([ERRORS.name, LATENCY.name]))
      }),
    )
  })

  // Growth is the same, but capital enters with each look: at an odd half at least a quarter of what the whole look would
  // bring, so both are valid and neither is far from the other.
  test('of looks that are split in halves is at most four times, and at least a quarter, of that of the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(requests, share, share), { minLength: 1, maxLength: 8 }), (all) => {
        const halves = all.flatMap(([{ stable, canary }, ...rates]) => {
          const half = lookOf({ stable: stable / 2, canary: canary / 2 }, ...rates)
          return [half, half]
        })
        const whole = after(all.map(([total, ...rates]) => lookOf(total, ...rates)))
        const [split, once] = [after(halves), whole].map((one) => harmOf(evidenceOf(one, ERRORS.name)).logE)
        expect(Math.abs((split ?? NaN) - (once ?? NaN))).toBeLessThanOrEqual(Math.log(4) + 0.01)
      }),
    )
  })
})
