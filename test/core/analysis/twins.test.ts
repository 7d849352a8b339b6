import { describe, expect, test } from 'vitest'
import { NO_READINGS } from '../../../src/core/analysis/readings.ts'
import type { Readings } from '../../../src/core/analysis/readings.ts'
import { divided, divisionOf, twinVersions } from '../../../src/core/analysis/twins.ts'
import { MINUTE, readingsOf } from './series.ts'

const pods = ['c', 'a', 'b', 'd'].map((pod) => ({ pod, version: 'v1', codes: { 200: 60 } }))
const other = { pod: 'z', version: 'v2', codes: { 200: 60 } }
const PODS: Readings = { ...NO_READINGS, Destination: readingsOf([...pods, other], 5 * MINUTE) }
const CALLERS: Readings = { ...NO_READINGS, Source: readingsOf([...pods, other], 5 * MINUTE) }
const { canary } = twinVersions('v1')

const twinsAt = (weight: number, readings = PODS, turn = 0): string[] => {
  const division = divisionOf(readings, 'v1', turn)
  if (division === undefined) return []
  const { requests } = divided(readings, 'v1', division, weight)[division.by]
  return requests
    .filter(({ version }) => version === canary)
    .map(({ instance }) => instance)
    .toSorted()
}

describe('a version taken apart', () => {
  test('gives pods to its twin as a weight says, at least one and not the last', () => {
    expect([1, 5, 50, 75, 99].map((weight) => twinsAt(weight).join(''))).toEqual([
      'a',
      'a',
      'ab',
      'abc',
      'abc',
    ])
  })

  test('is all twin at 100 %, and leaves other versions alone', () => {
    expect(twinsAt(100).join('')).toBe('abcd')
  })

  test('begins with another pod each turn', () => {
    expect([0, 1, 3, 4].map((turn) => twinsAt(50, PODS, turn).join(''))).toEqual(['ab', 'bc', 'ad', 'ab'])
  })

  test('goes by callers where pods have no proxies', () => {
    expect(divisionOf(CALLERS, 'v1', 0)).toEqual({ by: 'Source', names: ['a', 'b', 'c', 'd'] })
    expect(twinsAt(50, CALLERS).join('')).toBe('ab')
  })

  test('is not possible with one pod and one caller', () => {
    expect(divisionOf(PODS, 'v2', 0)).toBeUndefined()
    expect(divisionOf(NO_READINGS, 'v1', 0)).toBeUndefined()
  })

  test('leaves out what cannot tell its halves apart', () => {
    const both = { ...CALLERS, Destination: PODS.Destination }
    const division = divisionOf(both, 'v1', 0)
    expect(division?.by).toBe('Destination')
    expect(division && divided(both, 'v1', division, 50).Source.requests).toEqual([])
  })
})
