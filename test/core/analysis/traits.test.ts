import { describe, expect, test } from 'vitest'
import { traitsOf } from '../../../src/core/analysis/traits.ts'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
import type { LabeledSeries } from '../../../src/core/analysis/istio.ts'
import { binomial, seeded } from './random.ts'
import { MINUTE, readingsOf } from './series.ts'

const HOUR = 60 * MINUTE
const ERRORS = { outcome: 'error' } as const
const pods = [
  { pod: 'a', version: 'v1', codes: { 200: 990, 503: 10 }, buckets: { 100: 900, Infinity: 1000 } },
  { pod: 'b', version: 'v1', codes: { 200: 990, 503: 10 }, buckets: { 100: 900, Infinity: 1000 } },
]
const readings = { ...NO_READINGS, Destination: readingsOf(pods, HOUR) }
const options = { window: { fromMs: 0, toMs: HOUR, startedMs: Infinity }, alpha: 0.01 }

/** All that a look asks. */
const asked = (traits: ReturnType<typeof traitsOf>) => [
  traits.of({ reporter: 'Destination', ...ERRORS }),
  traits.of({ reporter: 'Destination', slowerThan: 100 }),
  traits.buckets('Destination').length,
  traits.outlier(ERRORS),
]

describe('what the time before tells', () => {
  test('is known of errors, latencies and pods', () => {
    expect(asked(traitsOf(readings, 'v1', options))).toEqual([
      { phi: 1, past: expect.closeTo(0.0112, 3) as number },
      { phi: 1, past: expect.closeTo(0.1061, 3) as number },
      2,
      undefined,
    ])
  })

  test('is of a share no less than chance may have hidden in the hour', () => {
    const random = seeded(7)
    const pastOf = (perMinute: number) => {
      const minutes = Array.from({ length: 61 }, () => binomial(random, perMinute, 0.005))
      const sums = minutes.map((_, minute) => minutes.slice(0, minute).reduce((sum, bad) => sum + bad, 0))
      const counter = (code: string, of: (minute: number) => number): LabeledSeries => ({
        instance: 'a',
        pod: 'a',
        version: 'v1',
        code,
        samples: sums.map((_, minute) => [minute * MINUTE, of(minute)] as const),
      })
      const bad = (minute: number) => sums[minute] ?? 0
      const good = (minute: number) => minute * perMinute - bad(minute)
      const Destination = { requests: [counter('503', bad), counter('200', good)], latencies: [] }
      const traits = traitsOf({ ...NO_READINGS, Destination }, 'v1', options)
      return traits.of({ reporter: 'Destination', ...ERRORS }).past ?? NaN
    }
    const few = Array.from({ length: 200 }, () => pastOf(60))
    expect(few.filter((past) => past < 0.005)).toEqual([])
    expect(Math.max(...few)).toBeLessThan(0.02)
    expect(pastOf(60_000)).toBeLessThan(0.0055)
  })

  test('is measured between pods, also for what callers count', () => {
    const traits = traitsOf({ ...readings, Source: readings.Destination }, 'v1', options)
    expect(traits.of({ reporter: 'Source', ...ERRORS }).phi).toBe(1)
  })

  test('is not measured between callers: what hits a pod hits them alike, and one that always fails is no pod', () => {
    const callers = readingsOf(
      [...pods, { pod: 'odd', version: 'v1', codes: { 503: 300 }, buckets: { 100: 0, Infinity: 300 } }],
      HOUR,
    )
    const traits = traitsOf({ ...NO_READINGS, Source: callers }, 'v1', options)
    expect(traits.of({ reporter: 'Source', ...ERRORS }).phi).toBe(1.5)
    expect(traits.outlier(ERRORS)).toBeUndefined()
    // … unless callers are what is to be told apart.
    const apart = traitsOf({ ...NO_READINGS, Source: callers }, 'v1', { ...options, by: 'Source' })
    expect(apart.outlier(ERRORS)).toBe('odd')
  })

  test('is assumed to be bursty where nobody knows', () => {
    expect(traitsOf(NO_READINGS, 'v1', options).of({ reporter: 'Source', ...ERRORS })).toEqual({ phi: 1.5 })
  })

  test('tells which targets were scraped', () => {
    expect(traitsOf(readings, 'v1', options).targets).toEqual(new Set(['a', 'b']))
  })

  test('stays known when what told it is forgotten', () => {
    const traits = traitsOf(readings, 'v1', options)
    const before = asked(traits)
    traits.settle()
    expect(asked(traits)).toEqual(before)
  })

  test('is told by what was read later, which was asked the same before it is forgotten', () => {
    const worse = pods.map((one) => ({ ...one, codes: { 200: 900, 503: 100 } }))
    const later = () => traitsOf({ ...NO_READINGS, Destination: readingsOf(worse, HOUR) }, 'v1', options)
    const before = traitsOf(readings, 'v1', options)
    asked(before)
    expect(asked(before.succeededBy(later()))).toEqual(asked(later()))
  })
})
