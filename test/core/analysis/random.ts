/** Seeded generator of numbers in [0, 1) (mulberry32), so that simulations repeat exactly. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How many of `n` independent requests are bad at the given rate: skips from one bad request to the next. */
export function binomial(random: () => number, n: number, rate: number): number {
  const scale = Math.log1p(-rate)
  let count = -1
  let position = 0
  while (position <= n) {
    position += 1 + Math.floor(Math.log(1 - random()) / scale)
    count += 1
  }
  return count
}
