const GROWTH = 1.01
const SMALLEST_MS = 0.01
const SCALE = 1 / Math.log(GROWTH)

/** Counts durations in buckets that grow by 1 %, so that a quantile is exact to 1 % in bounded memory. */
export class Histogram {
  readonly #buckets: (number | undefined)[] = []
  count = 0
  max = 0

  /** @param milliseconds the duration to count, 0 or more */
  add(milliseconds: number): void {
    const index = milliseconds <= SMALLEST_MS ? 0 : Math.ceil(Math.log(milliseconds / SMALLEST_MS) * SCALE)
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1
    this.count += 1
    this.max = Math.max(this.max, milliseconds)
  }

  /** The duration in milliseconds that a share of `q` (0 to 1) does not exceed; 0 without any. */
  quantile(q: number): number {
    const rank = Math.ceil(q * this.count)
    let seen = 0
    for (const [index, count] of this.#buckets.entries()) {
      seen += count ?? 0
      if (seen >= rank) return Math.min(this.max, SMALLEST_MS * GROWTH ** index)
    }
    return this.max
  }
}
