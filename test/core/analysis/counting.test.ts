import { describe, expect, test } from 'vitest'
import { countMeasure } from '../../../src/core/analysis/counting.ts'
import type { Sight } from '../../../src/core/analysis/counting.ts'
import { addLook, evidenceOf, initialEvidence } from '../../../src/core/analysis/evidence.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
import type { Readings } from '../../../src/core/analysis/readings.ts'
import { traitsOf } from '../../../src/core/analysis/traits.ts'
import { at } from './looks.ts'
import { MINUTE, readingsOf } from './series.ts'
import type { PodFlow } from './series.ts'

const vsStable = { tolerance: 0.001, relativeTolerance: 0, harmBudget: 0.0025 }
const ERRORS: Measure = { name: 'errors', kind: 'ErrorRate', limit: 0.01, max: '1%', vsStable }
const SLOW: Measure = { name: 'slow', kind: 'Latency', limit: 0.01, max: '500ms', percentile: 99, vsStable }

const stable: PodFlow = {
  pod: 's',
  version: 'v1',
  codes: { 200: 940, 404: 50, 503: 10 },
  buckets: { 10: 600, 100: 980, 500: 1000, Infinity: 1000 },
}
const canary: PodFlow = {
  pod: 'c',
  version: 'v2',
  codes: { 200: 45, 403: 3, 500: 2 },
  buckets: { 10: 20, 100: 45, 500: 48, Infinity: 50 },
}
const nobody: PodFlow = { pod: 'gateway', version: '', codes: { 503: 7 } }
const both = readingsOf([stable, canary], 10 * MINUTE)

function sightOf(readings: Partial<Readings>, changes: Partial<Sight> = {}): Sight {
  return {
    readings: { ...NO_READINGS, ...readings },
    versions: { canary: 'v2', stable: 'v1' },
    window: { fromMs: 9 * MINUTE, toMs: 10 * MINUTE, startedMs: 0 },
    canaryIsGone: false,
    ...changes,
  }
}

function count(
  measure: Measure,
  sight: Sight,
  seen = evidenceOf(initialEvidence([measure], 4), measure.name),
) {
  const window = { fromMs: 0, toMs: sight.window.fromMs, startedMs: Infinity }
  return countMeasure(measure, seen, sight, traitsOf(sight.readings, 'v1', { window, alpha: 0.01 }))
}

describe('a look', () => {
  test('counts the requests of both versions, and those that failed', () => {
    const [strand] = count(ERRORS, sightOf({ Source: both }))?.strands ?? []
    expect(strand).toMatchObject({
      reporter: 'Source',
      total: { canary: 50, stable: 1000 },
      cuts: [{ bad: { canary: 2, stable: 10 } }],
    })
  })

  test('counts refusals as client errors', () => {
    const refused = count({ ...ERRORS, kind: 'ClientErrorRate' }, sightOf({ Source: both }))
    expect(refused?.strands[0]?.cuts[0]?.bad).toEqual({ canary: 3, stable: 50 })
  })

  test('counts on either side that knows the versions', () => {
    const reporters = count(ERRORS, sightOf({ Source: both, Destination: both }))?.strands.map(
      (one) => one.reporter,
    )
    expect(reporters).toEqual(['Source', 'Destination'])
    expect(count(ERRORS, sightOf({ Source: readingsOf([nobody], 10 * MINUTE) }))?.strands).toEqual([])
  })

  test('knows how bursty stable is, and what share it had, from before', () => {
    const cut = count(ERRORS, sightOf({ Source: both }))?.strands[0]?.cuts[0]
    expect(cut?.phi).toBeGreaterThanOrEqual(1)
    expect(cut?.past).toBeGreaterThan(0.01)
    expect(cut?.past).toBeLessThan(0.02)
  })

  test('shows what no pod answered, and charges the canary with it only while it has none', () => {
    const lost = readingsOf([stable, canary, nobody], 10 * MINUTE)
    const seen = count(ERRORS, sightOf({ Source: lost }))
    expect(seen).toMatchObject({ unattributed: 7, strands: [{ cuts: [{ bad: { canary: 2, stable: 10 } }] }] })
    const gone = count(ERRORS, sightOf({ Source: lost }, { canaryIsGone: true }))
    expect(gone?.strands[0]).toMatchObject({
      total: { canary: 57 },
      cuts: [{ bad: { canary: 9, stable: 10 } }],
    })
  })

  test('cuts latencies at the limit, and where stable shows its shape', () => {
    const [strand] = count(SLOW, sightOf({ Source: both }))?.strands ?? []
    expect(strand?.total).toEqual({ canary: 50, stable: 1000 })
    expect(strand?.cuts.map((cut) => [cut.at, cut.isLimit ?? false, cut.bad])).toEqual([
      [500, true, { canary: 2, stable: 0 }],
      [10, false, { canary: 30, stable: 400 }],
      [100, false, { canary: 5, stable: 20 }],
      [500, false, { canary: 2, stable: 0 }],
    ])
  })

  test('holds a limit in a native histogram at the boundary below it, and counts what may be slower', () => {
    const spaced = (counts: Record<number, number>) => ({ ...stable, codes: {}, buckets: counts })
    const native = (pod: PodFlow) => {
      const side = readingsOf([pod], 10 * MINUTE)
      return { ...side, latencies: side.latencies.map((series) => ({ ...series, growth: 2 })) }
    }
    const { vsStable: _compared, ...alone } = SLOW
    const cutOf = (buckets: Record<number, number>, measure: Measure = alone) => {
      const sides = [
        native({ ...spaced(buckets), pod: 'c', version: 'v2' }),
        native(spaced({ 8: 1000, Infinity: 1000 })),
      ]
      const Source = { requests: [], latencies: sides.flatMap(({ latencies }) => latencies) }
      return count(measure, sightOf({ Source }))?.strands[0]?.cuts[0]
    }
    // Of 5 requests nobody knows on which side of the limit they are; 3 are slower.
    expect(cutOf({ 256: 42, 512: 47, 1024: 50, Infinity: 50 }, { ...alone, max: '400ms' })).toMatchObject({
      at: 256,
      isLimit: true,
      bad: { canary: 8, stable: 0 },
    })
    expect(cutOf({ 256: 42, 512: 47, 1024: 50, Infinity: 50 }, { ...alone, max: '512ms' })).toMatchObject({
      at: 512,
      bad: { canary: 3 },
    })
  })

  test('prefers what pods count of latencies, and stays with the side that it began with', () => {
    const sides = sightOf({ Source: both, Destination: both })
    const first = count(SLOW, sides)
    expect(first?.strands[0]?.reporter).toBe('Destination')
    const begun = addLook(
      initialEvidence([SLOW], 4),
      [SLOW],
      { slow: count(SLOW, sightOf({ Source: both }))! },
      at(0),
    )
    expect(count(SLOW, sides, evidenceOf(begun, 'slow'))?.strands[0]?.reporter).toBe('Source')
  })

  test('waits for boundaries while too little is known of stable', () => {
    const young = readingsOf([{ ...stable, buckets: { 10: 1, Infinity: 2 } }, canary], 10 * MINUTE)
    expect(count(SLOW, sightOf({ Source: young }))).toBeUndefined()
    const { vsStable: _compared, ...alone } = SLOW
    expect(count(alone, sightOf({ Source: young }))?.strands[0]?.cuts).toHaveLength(1)
  })

  test('takes gRPC status for what it means', () => {
    const requests = both.requests.map((series) => ({
      ...series,
      code: '200',
      grpcStatus: series.code === '500' ? '14' : series.code === '403' ? '7' : '0',
    }))
    const sight = sightOf({ Source: { requests, latencies: [] } })
    expect(count(ERRORS, sight)?.strands[0]?.cuts[0]?.bad.canary).toBe(2)
    expect(count({ ...ERRORS, kind: 'ClientErrorRate' }, sight)?.strands[0]?.cuts[0]?.bad.canary).toBe(3)
  })

  test('says which pod of stable makes it no measure', () => {
    const odd = readingsOf(
      [stable, { ...stable, pod: 'odd', codes: { 200: 500, 503: 500 } }, canary],
      60 * MINUTE,
    )
    const window = { fromMs: 59 * MINUTE, toMs: 60 * MINUTE, startedMs: 0 }
    expect(count(ERRORS, sightOf({ Destination: odd }, { window }))?.incomparable).toMatch(
      /^pod odd of stable fails/,
    )
  })
})
