/** ln Σ exp(x), without overflow. The sum of nothing is −Infinity. */
export function logSumExp(values: readonly number[]): number {
  const largest = Math.max(...values)
  if (!Number.isFinite(largest)) return largest
  let sum = 0
  for (const value of values) sum += Math.exp(value - largest)
  return largest + Math.log(sum)
}
