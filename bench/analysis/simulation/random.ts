/** Numbers in [0, 1). */
export type Random = () => number

/**
 * Seeded generator (sfc32), so that simulations repeat exactly. Its state has 128 bits: streams of different seeds do not
 * meet, however many runs there are.
 */
export function randomOf(seed: number): Random {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1]
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let index = 0; index < 15; index++) next()
  return next
}

/** Below this mean counting up is faster than rejecting. */
const COUNTING_UP = 10

/** How many of `n` independent requests are bad at a rate of 0–1. Exact. */
export function binomial(random: Random, n: number, rate: number): number {
  if (n <= 0 || rate <= 0) return 0
  if (rate >= 1) return n
  if (rate > 0.5) return n - binomial(random, n, 1 - rate)
  return n * rate < COUNTING_UP ? byInversion(random, n, rate) : byRejection(random, n, rate)
}

/** Sums up probabilities from 0 on until they exceed a uniform number. */
function byInversion(random: Random, n: number, rate: number): number {
  const odds = rate / (1 - rate)
  let left = random()
  let probability = Math.exp(n * Math.log1p(-rate))
  let count = 0
  while (left > probability && count < n) {
    left -= probability
    count += 1
    probability *= ((n - count + 1) / count) * odds
  }
  return count
}

/** Hörmann's transformed rejection (BTRS, 1993), for a mean of at least 10 and rates up to one half. */
function byRejection(random: Random, n: number, rate: number): number {
  const deviation = Math.sqrt(n * rate * (1 - rate))
  const b = 1.15 + 2.53 * deviation
  const a = -0.0873 + 0.0248 * b + 0.01 * rate
  const center = n * rate + 0.5
  const accepted = 0.92 - 4.2 / b
  const alpha = (2.83 + 5.1 / b) * deviation
  const mode = Math.floor((n + 1) * rate)
  for (;;) {
    const u = random() - 0.5
    const v = random()
    const us = 0.5 - Math.abs(u)
    const count = Math.floor(((2 * a) / us + b) * u + center)
    if (us >= 0.07 && v <= accepted) return count
    if (count < 0 || count > n) continue
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= logRatio({ n, rate, count, mode })) return count
  }
}

/** ln of the probability of a count over that of the mode. */
function logRatio({
  n,
  rate,
  count,
  mode,
}: {
  n: number
  rate: number
  count: number
  mode: number
}): number {
  const ways = logFactorial(mode) + logFactorial(n - mode) - logFactorial(count) - logFactorial(n - count)
  return ways + (count - mode) * Math.log(rate / (1 - rate))
}

const SMALL = Array.from({ length: 16 }).reduce<number[]>(
  (known, _, index) => [...known, (known.at(-1) ?? 0) + Math.log(Math.max(1, index))],
  [],
)

/** ln n!, by Stirling's series beyond small numbers. */
function logFactorial(n: number): number {
  const known = SMALL[n]
  if (known !== undefined) return known
  const x = n + 1
  return (
    (x - 0.5) * Math.log(x) -
    x +
    0.5 * Math.log(2 * Math.PI) +
    1 / (12 * x) -
    1 / (360 * x ** 3) +
    1 / (1260 * x ** 5)
  )
}

/** A share of 0–1 with this mean, whose variance is a part (`correlation`, 0–1) of the largest there can be: beta. */
export function share(random: Random, mean: number, correlation: number): number {
  if (correlation <= 0 || mean <= 0 || mean >= 1) return mean
  const size = 1 / correlation - 1
  const x = gamma(random, mean * size)
  const y = gamma(random, (1 - mean) * size)
  return x + y === 0 ? 0 : x / (x + y)
}

/** A gamma variate of scale 1 (Marsaglia and Tsang, 2000). */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(random)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
