import { expect, test } from 'vitest'
import { eta, etaSeconds } from '../../../src/core/analysis/eta.ts'

test.each([
  [0, 5, 'about 1 more second'],
  [200, 5, 'about 40 more seconds'],
  [201, 5, 'about 45 more seconds'],
  [3600, 5, 'about 12 more minutes'],
  [36_000, 5, 'about 2 more hours'],
  [10, 0, 'no end in sight without requests'],
])('%i requests at %f a second: %s', (missing, rate, words) => {
  expect(eta(missing, rate)).toBe(words)
})

test('the seconds are exact', () => {
  expect(etaSeconds(30, 4)).toBe(7.5)
  expect(etaSeconds(30, 0)).toBe(Infinity)
  expect(etaSeconds(-3, 0)).toBe(0)
})
