import { describe, expect, it } from 'vitest'
import { contestAfter, pauseOfContest } from '../../../src/core/policy/contest.ts'
import type { Contest } from '../../../src/core/policy/contest.ts'

const HOUR = 3_600_000

function after(...times: readonly number[]): Contest | undefined {
  return times.reduce<Contest | undefined>((contest, at) => contestAfter(contest, 'argocd', at), undefined)
}

describe('a contest', () => {
  it('counts the writes of one manager in a row', () => {
    expect(after(0, 1000, 2000)).toEqual({ manager: 'argocd', count: 3, lastAt: 2000 })
    expect(contestAfter(after(0, 1000), 'kubectl', 2000)).toEqual({
      manager: 'kubectl',
      count: 1,
      lastAt: 2000,
    })
  })

  it('begins anew after an hour without one', () => {
    expect(after(0, HOUR - 1)?.count).toBe(2)
    expect(after(0, HOUR)?.count).toBe(1)
  })

  it('slows the answers down from the third on, to five minutes at most', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 20].map((count) =>
      pauseOfContest({ manager: 'argocd', count, lastAt: 0 }, 1000),
    )
    expect(pauses).toEqual([1000, 1000, 30_000, 60_000, 120_000, 240_000, 300_000, 300_000])
  })

  it('never makes answers quicker than usual', () => {
    expect(pauseOfContest(undefined, 15_000)).toBe(15_000)
    expect(pauseOfContest({ manager: 'argocd', count: 3, lastAt: 0 }, 400_000)).toBe(400_000)
  })
})
