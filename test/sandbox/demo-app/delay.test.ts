import { expect, test } from 'vitest'
import { drawDelay } from '../../../sandbox/demo-app/delay.ts'
import { readSettings } from '../../../sandbox/demo-app/settings.ts'
import { HEALTHY, MISBEHAVING } from '../../../sandbox/kit/canaries.ts'
import type { AppEnv } from '../../../sandbox/kit/shop.ts'

const DRAWS = 100_000

/** Delays of an app, the shortest first. */
function delays(app: AppEnv): number[] {
  const env = Object.fromEntries(Object.entries(app).map(([name, value]) => [name, String(value)]))
  const settings = readSettings({ PORT: '0', ...env })
  return Array.from({ length: DRAWS }, () => drawDelay(settings)).toSorted((a, b) => a - b)
}

const quantile = (sorted: readonly number[], q: number) => sorted[Math.floor(q * sorted.length)] ?? 0

// The 99th percentile of so many draws deviates by 1.2 %, and its ratio to another by 1.7 %; six of them are allowed for.
test('a spread of 1 gives a 99th percentile of ten times the median', () => {
  const usual = delays(HEALTHY)
  expect(quantile(usual, 0.5)).toBeCloseTo(10, 0)
  expect(quantile(usual, 0.99)).toBeGreaterThan(94)
  expect(quantile(usual, 0.99)).toBeLessThan(111)
})

test('the slower canary shifts the 99th percentile by 1.5', () => {
  const ratio = quantile(delays(MISBEHAVING.slower), 0.99) / quantile(delays(HEALTHY), 0.99)
  expect(ratio).toBeGreaterThan(1.35)
  expect(ratio).toBeLessThan(1.65)
})

test('2 % of the requests of the hanging canary take 3 s, and the others no longer than usual', () => {
  const hanging = delays(MISBEHAVING.hanging)
  const share = hanging.filter((delay) => delay >= 3000).length / DRAWS
  expect(share).toBeGreaterThan(0.017)
  expect(share).toBeLessThan(0.023)
  expect(quantile(hanging, 0.5)).toBeLessThan(11)
})

test('without a spread every answer takes the same time', () => {
  expect(new Set(delays({ LATENCY_MS: 7 }))).toEqual(new Set([7]))
})
