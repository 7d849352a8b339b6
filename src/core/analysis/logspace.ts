/** ln Σ exp(x), without overflow. The sum of nothing is −Infinity. */
export function logSumExp(values: readonly number[]): number {
  let largest = -Infinity
  for (const value of values) largest = Math.max(largest, value)
  if (!Number.isFinite(largest)) return largest
  let sum = 0
  for (const value of values) sum += Math.exp(value - largest)
  return largest + Math.log(sum)
}

/** ln (eᵃ + eᵇ), without overflow. */
export function logAddExp(a: number, b: number): number {
  const largest = Math.max(a, b)
  if (!Number.isFinite(largest)) return largest
  return largest + Math.log1p(Math.exp(-Math.abs(a - b)))
}
