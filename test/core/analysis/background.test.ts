import { describe, expect, test } from 'vitest'
import { backgroundOf, countsIn, outlierOf, withoutPod } from '../../../src/core/analysis/background.ts'
import type { Background } from '../../../src/core/analysis/background.ts'
import { FAIL_GRID, GAMMA } from '../../../src/core/analysis/eprocess.ts'
import { MINUTE, readingsOf } from './series.ts'
import type { PodFlow } from './series.ts'

const HOUR = 60 * MINUTE
const PARAMS = { rho: 1, delta: 0.001, gamma: GAMMA, grid: FAIL_GRID }
const ERRORS = { outcome: 'error' } as const
const shareIn = (background: Background) => {
  const { total, bad } = countsIn(background)
  return bad / total
}
const pod = (name: string, errors: number, version = 'v1'): PodFlow => ({
  pod: name,
  version,
  codes: { 200: 600 - errors, 503: errors, 404: 6 },
})

describe('the hour before', () => {
  test('is told minute by minute, pod by pod, of one version', () => {
    const side = readingsOf([pod('a', 6), pod('b', 0), pod('c', 60, 'v2')], 3 * MINUTE)
    const { pods, blocks } = backgroundOf(side, 'v1', ERRORS)
    expect(pods).toEqual(['a', 'b'])
    expect(blocks).toEqual(
      [1, 2, 3].map(() => [
        { total: 606, bad: 6 },
        { total: 606, bad: 0 },
      ]),
    )
  })

  test('tells client errors apart from errors', () => {
    const background = backgroundOf(readingsOf([pod('a', 6)], HOUR), 'v1', { outcome: 'clientError' })
    expect(shareIn(background)).toBeCloseTo(6 / 606, 12)
  })

  test('tells what took longer than a boundary', () => {
    const slow: PodFlow = { pod: 'a', version: 'v1', buckets: { 100: 500, 250: 590, Infinity: 600 } }
    const background = backgroundOf(readingsOf([slow], HOUR), 'v1', { slowerThan: 250 })
    expect(shareIn(background)).toBeCloseTo(10 / 600, 12)
    expect(countsIn(background).total).toBe(36_000)
  })

  test('takes the next boundary above where there is none, and nothing for slow beyond all of them', () => {
    const slow: PodFlow = { pod: 'a', version: 'v1', buckets: { 100: 500, 250: 590, Infinity: 600 } }
    const side = readingsOf([slow], HOUR)
    const shareAbove = (slowerThan: number) => shareIn(backgroundOf(side, 'v1', { slowerThan }))
    expect(shareAbove(150)).toBeCloseTo(10 / 600, 12)
    expect(shareAbove(300)).toBe(0)
  })

  test('goes on behind a restart of a pod', () => {
    const side = readingsOf([pod('a', 0)], 4 * MINUTE)
    const requests = side.requests.map((series) => ({
      ...series,
      samples: series.samples.map(([at, value]) => [at, at > 2 * MINUTE ? value / 4 : value] as const),
    }))
    const background = backgroundOf({ ...side, requests }, 'v1', ERRORS)
    expect(background.blocks.flat().every(({ total }) => total > 0)).toBe(true)
  })

  test('that nobody measured says nothing', () => {
    const nothing = backgroundOf(readingsOf([], HOUR), 'v1', ERRORS)
    expect(countsIn(nothing)).toEqual({ total: 0, bad: 0 })
  })
})

describe('a pod of stable', () => {
  const outlierAmong = (...errors: number[]) => {
    const flows = errors.map((count, index) => pod(`pod-${index}`, count))
    return outlierOf(backgroundOf(readingsOf(flows, HOUR), 'v1', ERRORS), PARAMS, 0.01)
  }

  test('that fails as the others do is none to speak of', () => {
    expect(outlierAmong(6, 6, 6)).toBeUndefined()
  })

  test('that would be rolled back as a canary makes stable no measure', () => {
    expect(outlierAmong(1, 30, 1)).toBe('pod-1')
  })

  test('can be left out', () => {
    const background = backgroundOf(readingsOf([pod('a', 1), pod('b', 300)], HOUR), 'v1', ERRORS)
    expect(withoutPod(background, 'b').pods).toEqual(['a'])
    expect(shareIn(withoutPod(background, 'b'))).toBeCloseTo(1 / 606, 12)
    expect(withoutPod(background, undefined)).toEqual(background)
  })

  test('that is alone has nobody to be compared with', () => {
    expect(outlierAmong(300)).toBeUndefined()
  })
})
