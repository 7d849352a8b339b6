import { describe, expect, test } from 'vitest'
import { bucketAdvice, bucketAnnotation } from '../../../src/core/analysis/bucket-advice.ts'
import type { Measure } from '../../../src/core/analysis/measures.ts'

const buckets = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).map(([le, count]) => ({ le: Number(le), count }))
const LIMIT: Measure = { name: 'p99', kind: 'Latency', limit: 0.01, max: '400ms', percentile: 99 }
const SHAPE: Measure = {
  name: 'p99',
  kind: 'Latency',
  percentile: 99,
  vsStable: { tolerance: 0.001, relativeTolerance: 0.1, harmBudget: 0.0025 },
}
const WIDE = buckets({ 100: 0, 250: 600, 500: 900, 1000: 990, 2500: 1000, Infinity: 1000 })
const NARROW = buckets({ 100: 1000, 250: 1000, Infinity: 1000 })

describe('which boundaries to add', () => {
  test('is that of a limit that the histogram lacks', () => {
    const [advice] = bucketAdvice([LIMIT], WIDE)
    expect(advice?.add).toEqual([400])
    expect(advice?.why).toContain('only what takes longer than 500ms counts as too slow')
    expect(bucketAdvice([{ ...LIMIT, max: '9s' }], WIDE)[0]?.why).toContain('nothing counts as too slow')
    expect(bucketAdvice([{ ...LIMIT, max: '500ms' }], WIDE)).toEqual([])
  })

  test('are some where all of stable is in one bucket', () => {
    const [advice] = bucketAdvice([SHAPE], NARROW)
    expect(advice?.add).toEqual([50, 70, 99])
    expect(bucketAdvice([SHAPE], WIDE)).toEqual([])
  })

  test('are none where nothing is known, or no latency is measured', () => {
    expect(bucketAdvice([LIMIT, SHAPE], [])).toEqual([])
    expect(bucketAdvice([{ name: 'errors', kind: 'ErrorRate', max: '1%', limit: 0.01 }], WIDE)).toEqual([])
  })

  test('are none of a native histogram, whose boundaries nobody chooses', () => {
    expect(bucketAdvice([LIMIT, SHAPE], NARROW, 2)).toEqual([])
  })

  test('comes as an annotation that keeps those there are', () => {
    expect(bucketAnnotation(WIDE, bucketAdvice([LIMIT], WIDE))).toBe(
      '{"istiocustom.istio_request_duration_milliseconds":[100,250,400,500,1000,2500]}',
    )
  })
})
