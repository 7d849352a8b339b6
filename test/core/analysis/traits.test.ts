import { describe, expect, test } from 'vitest'
import { traitsOf } from '../../../src/core/analysis/traits.ts'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
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
      { phi: 1, past: expect.closeTo(0.01, 9) as number },
      { phi: 1, past: expect.closeTo(0.1, 9) as number },
      2,
      undefined,
    ])
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
})
