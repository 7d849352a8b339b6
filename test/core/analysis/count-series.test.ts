import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anonymityOf, countsOf, keyedSeries } from '../../../src/core/analysis/count-series.ts'
import type { LabeledSeries } from '../../../src/core/analysis/istio.ts'
import { lookEnd } from '../../../src/core/analysis/look-end.ts'
import { cases } from '../property.ts'

const series = (version: string, samples: LabeledSeries['samples'], instance = 'a'): LabeledSeries => ({
  instance,
  version,
  samples,
})
const WINDOW = { fromMs: 0, toMs: 10, startedMs: 100 }

describe('the counts of a version', () => {
  it('are how much its counters rose, through resets', () => {
    const counters = {
      bad: [
        series('v1', [
          [0, 5],
          [5, 6],
          [10, 1],
        ]),
        series('v2', [
          [0, 0],
          [10, 9],
        ]),
      ],
      total: [
        series('v1', [
          [0, 50],
          [5, 60],
          [10, 7],
        ]),
        series(
          'v1',
          [
            [0, 1],
            [10, 2],
          ],
          'b',
        ),
        series('v2', [
          [0, 0],
          [10, 99],
        ]),
      ],
    }
    expect(countsOf(counters, 'v1', WINDOW)).toEqual({ bad: 2, total: 18 })
    expect(countsOf(counters, 'v2', WINDOW)).toEqual({ bad: 9, total: 99 })
  })

  it('count the first bad one, whose counter was not there before', () => {
    const counters = {
      bad: [series('v2', [[10, 1]])],
      total: [
        series('v2', [
          [0, 100],
          [5, 110],
          [10, 120],
        ]),
      ],
    }
    expect(countsOf(counters, 'v2', WINDOW)).toEqual({ bad: 1, total: 20 })
  })

  it('are none of a version that nobody counted', () => {
    expect(countsOf({ bad: [], total: [] }, 'v2', WINDOW)).toEqual({ bad: 0, total: 0 })
  })

  it('are known up to where all targets have reported', () => {
    const early = [1000, 2000, 3000].map((at) => [at, 1] as const)
    const late = [1400, 2400, 3400].map((at) => [at, 1] as const)
    const counters = { bad: [series('v1', early)], total: [series('v1', early), series('v1', late, 'b')] }
    expect(lookEnd(keyedSeries(counters), 3500, 1000)).toBe(3000)
  })

  it('are refused when the bad ones are no part of the total', () => {
    const counters = {
      bad: [
        series('v2', [
          [0, 0],
          [10, 5],
        ]),
      ],
      total: [
        series('v2', [
          [0, 0],
          [10, 4],
        ]),
      ],
    }
    expect(() => countsOf(counters, 'v2', WINDOW)).toThrow('"total" must count the bad ones, too')
  })

  it('are the same in two looks as in one, wherever it is split', () => {
    const rises = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(rises, fc.nat(20), (steps, middle) => {
        const total = steps.map(
          (_, at) => [at, sum(steps.slice(0, at + 1).map(([bad, good]) => bad + good))] as const,
        )
        const bad = steps.map((_, at) => [at, sum(steps.slice(0, at + 1).map(([one]) => one))] as const)
        const counters = { bad: [series('v', bad)], total: [series('v', total)] }
        const look = (fromMs: number, toMs: number) =>
          countsOf(counters, 'v', { fromMs, toMs, startedMs: 100 })
        const [one, two, whole] = [look(0, middle), look(middle, 20), look(0, 20)]
        expect({ bad: one.bad + two.bad, total: one.total + two.total }).toEqual(whole)
      }),
      cases(200),
    )
  })
})

describe('counters that tell neither version', () => {
  const versions = { canary: 'v2', stable: 'v1' }
  const of = (...names: string[]) => names.map((name) => series(name, [[0, 1]]))
  const why = (total: LabeledSeries[], bad: LabeledSeries[] = []) =>
    anonymityOf({ bad, total }, 'app_version', versions)

  it.each([
    ['have no such label', of(''), 'their label app_version is missing'],
    ['have other versions', of('v9', 'v7', 'v9'), 'found v7, v9'],
    ['have it only in part', of('v9', ''), 'found v9, and some without the label'],
  ])('when they %s are told, with what to do', (_, total, found) => {
    expect(why(total)).toBe(
      `no counter of "total" has app_version="v1" or app_version="v2": ${found}; give the metric a label with the version of the pod, and name it in counts.versionLabel`,
    )
  })

  it('are told of the total alone: nothing may have gone wrong yet', () => {
    expect(why(of('v1'), of(''))).toBeUndefined()
    expect(why(of('v9'), of('v1'))).toContain('found v9')
  })

  it('are not there where one is known, or none was scraped', () => {
    expect(why(of('v2', ''))).toBeUndefined()
    expect(why([])).toBeUndefined()
  })

  it('are told in few words, however many versions there are', () => {
    const many = Array.from({ length: 100 }, (_, index) => `w${100 + index}`)
    expect(why(of(...many))).toContain('found w100, w101, w102 and 97 more; give')
  })
})

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
