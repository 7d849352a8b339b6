import { expect, test } from 'vitest'
import { Histogram } from '../../../sandbox/load/histogram.ts'

const of = (values: number[]): Histogram => {
  const histogram = new Histogram()
  values.forEach((value) => histogram.add(value))
  return histogram
}

test('quantiles are within 1 % of the exact ones', () => {
  const histogram = of(Array.from({ length: 1000 }, (_, index) => index + 1))
  for (const q of [0.01, 0.5, 0.9, 0.99]) {
    expect(Math.abs(histogram.quantile(q) / (q * 1000) - 1)).toBeLessThanOrEqual(0.01)
  }
})

test('a quantile never exceeds the largest value', () => {
  expect(of([30.0001]).quantile(0.99)).toBe(30.0001)
})

test('without values every quantile is 0', () => {
  expect(of([]).quantile(0.99)).toBe(0)
})

test('p99 shows a share of slow answers above 1 % and hides one below', () => {
  const mixed = (slow: number) =>
    of([...Array<number>(1000 - slow).fill(10), ...Array<number>(slow).fill(900)])
  expect(mixed(20).quantile(0.99)).toBeGreaterThan(890)
  expect(mixed(5).quantile(0.99)).toBeLessThan(11)
})
