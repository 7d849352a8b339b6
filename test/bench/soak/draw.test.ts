import { describe, expect, it } from 'vitest'
import { STEPS, TWISTS, VICTIMS, roundsOf } from '../../../bench/soak/draw.ts'
import type { Round } from '../../../bench/soak/draw.ts'

function first(count: number, seed: number): Round[] {
  const rounds = roundsOf(seed, 3)
  return Array.from({ length: count }, () => rounds.next().value)
}

describe('what a seed means', () => {
  it('is the same at every run, and another thing with another seed', () => {
    expect(first(10, 7)).toEqual(first(10, 7))
    expect(first(10, 8)).not.toEqual(first(10, 7))
  })

  it('tries every kind of release before any a second time, and kills everything', () => {
    const rounds = first(20, 3)
    const twists = rounds.flatMap(({ releases }) => releases.map(({ twist }) => twist))
    expect(twists.slice(0, TWISTS.length).toSorted()).toEqual([...TWISTS].toSorted())
    const victims = rounds.flatMap(({ kills }) => kills.map(({ victim }) => victim))
    expect(victims.slice(0, VICTIMS.length).toSorted()).toEqual([...VICTIMS].toSorted())
  })

  it('twists at a step before the last, and has each kill wait for a shop that there is', () => {
    for (const { releases, kills } of first(20, 5)) {
      for (const { weight } of releases) expect(STEPS.slice(0, -1)).toContain(weight)
      for (const { shop } of kills) expect([0, 1, 2]).toContain(shop)
    }
  })
})
