import { expect, test } from 'vitest'
import { Chance, chosenSeed } from '../../../sandbox/kit/chance.ts'

const THINGS = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

test('the same seed gives the same draws, another seed gives others', () => {
  const draws = (seed: number) => {
    const chance = new Chance(seed)
    return [chance.shuffled(THINGS), chance.integer(0, 1_000_000), chance.between(0, 1)]
  }
  expect(draws(7)).toEqual(draws(7))
  expect(draws(7)).not.toEqual(draws(8))
})

test('draws lie in their range, and a shuffle loses nothing', () => {
  const chance = new Chance(1)
  const integers = Array.from({ length: 500 }, () => chance.integer(3, 6))
  expect(new Set(integers)).toEqual(new Set([3, 4, 5]))
  const shuffled = chance.shuffled(THINGS)
  expect(shuffled).not.toEqual(THINGS)
  expect(shuffled.toSorted((a, b) => a.localeCompare(b))).toEqual(THINGS)
})

test('a seed can be chosen', () => {
  expect(chosenSeed('42')).toBe(42)
  expect(chosenSeed('')).toBeGreaterThanOrEqual(0)
  expect(() => chosenSeed('4.2')).toThrow(
    'SLUICE_SEED must be a whole number of up to nine digits, found "4.2"',
  )
})
