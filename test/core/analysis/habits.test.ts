import { describe, expect, test } from 'vitest'
import { busiestVersion, habitsOf, hourSeen } from '../../../src/core/analysis/habits.ts'
import type { HourSeen } from '../../../src/core/analysis/habits.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
import type { Readings } from '../../../src/core/analysis/readings.ts'
import { MINUTE, readingsOf } from './series.ts'
import type { PodFlow } from './series.ts'

const HOUR = 60 * MINUTE
const vsStable = { tolerance: 0.001, relativeTolerance: 0, harmBudget: 0.0025 }
const MEASURES: Measure[] = [
  { name: 'errors', kind: 'ErrorRate', vsStable },
  { name: 'p99', kind: 'Latency', limit: 0.01, max: '500ms', percentile: 99, vsStable },
]
const OPTIONS = { measures: MEASURES, alpha: 0.01 }
const WINDOW = { fromMs: 0, toMs: HOUR, startedMs: Infinity }
const BUCKETS = { 100: 0.9, 250: 0.98, 500: 0.996, 1000: 1, Infinity: 1 }

const flow = (pod: string, perMinute: number, changes: Partial<PodFlow> = {}): PodFlow => ({
  pod,
  version: 'v1',
  codes: { 200: perMinute * 0.99, 503: perMinute * 0.01 },
  buckets: Object.fromEntries(Object.entries(BUCKETS).map(([le, share]) => [le, perMinute * share])),
  ...changes,
})
const both = (flows: readonly PodFlow[], untilMs = HOUR): Readings => ({
  Source: readingsOf([{ ...flow('gateway', 0), codes: { 200: 6000 } }], untilMs),
  Destination: readingsOf(flows, untilMs),
})
const seen = (readings: Readings): HourSeen => {
  const found = hourSeen({ readings, window: WINDOW }, 'v1', OPTIONS)
  if (found === undefined) throw new Error('nothing was seen')
  return found
}

describe('an hour of a service', () => {
  test('tells requests by side, pods, and what a release would count', () => {
    const hour = seen(both([flow('a', 600), flow('b', 600), flow('c', 60, { version: 'v2' })]))
    expect(hour.requests.Source).toBeCloseTo(6000 * 60, 6)
    expect(hour.requests.Destination).toBeCloseTo(1260 * 60, 6)
    expect([hour.pods, hour.knownMs]).toEqual([2, HOUR])
    expect(hour.looks['errors']?.strands.map(({ reporter }) => reporter)).toEqual(['Source', 'Destination'])
    expect(hour.looks['p99']?.strands[0]?.cuts.map(({ at }) => at)).toEqual([500, 100, 250, 500, 1000])
  })

  test('is nothing where nothing was scraped', () => {
    expect(hourSeen({ readings: NO_READINGS, window: WINDOW }, 'v1', OPTIONS)).toBeUndefined()
  })

  test('knows only the time of which there are counters', () => {
    const side = readingsOf([flow('a', 600)], 20 * MINUTE)
    const silent = { ...side, requests: [...side.requests, { instance: 'b', version: 'v1', samples: [] }] }
    expect(seen({ ...NO_READINGS, Destination: silent }).knownMs).toBe(20 * MINUTE)
  })

  test('tells who is busiest, if anybody named a version', () => {
    const readings = {
      ...NO_READINGS,
      Destination: readingsOf([flow('a', 6), flow('c', 60, { version: 'v2' })], HOUR),
    }
    expect(busiestVersion({ readings, window: WINDOW })).toBe('v2')
    expect(busiestVersion({ readings: NO_READINGS, window: WINDOW })).toBeUndefined()
    const nameless = { ...NO_READINGS, Source: readingsOf([flow('a', 6, { version: '' })], HOUR) }
    expect(busiestVersion({ readings: nameless, window: WINDOW })).toBeUndefined()
  })
})

describe('habits', () => {
  const hours = [60, 600, 1200, 6000].map((perMinute, index) => ({
    ...seen({ ...NO_READINGS, Destination: readingsOf([flow('a', perMinute), flow('b', perMinute)], HOUR) }),
    fromMs: index * HOUR,
  }))

  test('are the usual rate, and those of the quietest and the busiest hour', () => {
    const habits = habitsOf(hours, MEASURES)
    const rates = [habits?.quietest, habits?.usual, habits?.busiest].map((rate) =>
      Math.round(rate?.perSecond ?? 0),
    )
    expect(rates).toEqual([2, 40, 200])
    expect(habits?.quietest.fromMs).toBe(0)
    expect(habits?.knownMs).toBe(4 * HOUR)
  })

  test('are shares over all hours, at the boundaries of the newest', () => {
    const about = (share: number): unknown => expect.closeTo(share, 6)
    const sides = habitsOf(hours, MEASURES)?.outlooks.flatMap((one) => one.sides) ?? []
    const [errors, p99] = sides.map(({ cuts }) => cuts[0])
    expect(sides.map(({ part }) => part)).toEqual([1, 1])
    expect(errors).toMatchObject({ share: about(0.01) })
    expect(p99).toMatchObject({ at: 500, isLimit: true, share: about(0.004) })
  })

  test('say what part of the requests a side sees', () => {
    const habits = habitsOf([seen(both([flow('a', 1500), flow('b', 1500)]))], MEASURES)
    expect(habits?.outlooks[0]?.sides.map(({ reporter, part }) => [reporter, part])).toEqual([
      ['Source', 1],
      ['Destination', 0.5],
    ])
  })

  test('leave out an hour of which a few minutes are known, unless there is no other', () => {
    const [first, ...rest] = hours
    if (first === undefined) throw new Error('there is no hour')
    const short = { ...first, knownMs: 60_000 }
    expect(Math.round(habitsOf([short, ...rest], MEASURES)?.busiest.perSecond ?? 0)).toBe(200)
    expect(Math.round(habitsOf([short, ...rest], MEASURES)?.quietest.perSecond ?? 0)).toBe(20)
    expect(habitsOf([short], MEASURES)?.usual).toEqual(habitsOf([short], MEASURES)?.busiest)
    expect(habitsOf([], MEASURES)).toBeUndefined()
  })
})
