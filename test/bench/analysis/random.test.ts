import { describe, expect, test } from 'vitest'
import { binomial, randomOf, share } from '../../../bench/analysis/simulation/random.ts'

const DRAWS = 100_000

/** Probability of each count, one from the other. */
function probabilities(n: number, rate: number): number[] {
  let logChance = n * Math.log1p(-rate)
  return Array.from({ length: n + 1 }, (_, count) => {
    const chance = Math.exp(logChance)
    logChance += Math.log(((n - count) / (count + 1)) * (rate / (1 - rate)))
    return chance
  })
}

/** Pearson's distance in units of its own deviation, over counts that are expected at least ten times. */
function distanceFrom(expected: readonly number[], counts: ReadonlyMap<number, number>): number {
  const likely = expected.flatMap((chance, count) => (chance * DRAWS >= 10 ? [count] : []))
  const terms = likely.map((count) => {
    const want = (expected[count] ?? 0) * DRAWS
    return ((counts.get(count) ?? 0) - want) ** 2 / want
  })
  const sum = terms.reduce((a, b) => a + b)
  return (sum - terms.length) / Math.sqrt(2 * terms.length)
}

describe('binomial', () => {
  test.each([
    [14, 0.001],
    [75, 0.01],
    [500, 0.019],
    [500, 0.021],
    [300, 0.3],
    [100, 0.5],
    [60, 0.9],
    [2000, 0.02],
  ])('of %i requests at a rate of %d has the probabilities that it should', (n, rate) => {
    const random = randomOf(11)
    const counts = new Map<number, number>()
    for (let draw = 0; draw < DRAWS; draw++) {
      const count = binomial(random, n, rate)
      counts.set(count, (counts.get(count) ?? 0) + 1)
    }
    expect(Math.abs(distanceFrom(probabilities(n, rate), counts))).toBeLessThan(4)
  })

  test('of nothing is nothing, and of certainty is all', () => {
    const random = randomOf(1)
    expect([binomial(random, 0, 0.5), binomial(random, 9, 0), binomial(random, 9, 1)]).toEqual([0, 0, 9])
  })
})

describe('shares of pods', () => {
  test.each([
    [0.001, 1 / 599],
    [0.001, 7 / 599],
    [0.3, 0.1],
  ])('have the mean %d and the part %d of the largest variance', (mean, correlation) => {
    const random = randomOf(3)
    const drawn = Array.from({ length: 200_000 }, () => share(random, mean, correlation))
    const average = drawn.reduce((a, b) => a + b) / drawn.length
    const variance = drawn.reduce((sum, one) => sum + (one - average) ** 2, 0) / drawn.length
    expect(Math.abs(average / mean - 1)).toBeLessThan(0.03)
    expect(Math.abs(variance / (mean * (1 - mean) * correlation) - 1)).toBeLessThan(0.05)
  })
})

test('numbers repeat with their seed, and differ with another', () => {
  const [a, b, c] = [randomOf(5), randomOf(5), randomOf(6)].map((random) => Array.from({ length: 5 }, random))
  expect(a).toEqual(b)
  expect(a).not.toEqual(c)
})
