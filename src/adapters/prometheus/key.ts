import type { Row } from './answer.ts'

/** Odd numbers, to multiply with. */
const [HIGH, LOW, LAST] = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35] as const
/** Hashes of the names of labels, of which there are few. */
const names = new Map<string, number>()
const MOST_NAMES = 1000

/**
 * What tells a series from others: a hash of all of its labels, in whatever order they come. The labels themselves would
 * take most of the memory. With 52 bits, two of the thousand series of a service are alike once in ten billion services.
 */
export function keyOf({ metric }: Row): number {
  let [high, low] = [0, 0]
  for (const name of Object.keys(metric)) {
    const seed = seedOf(name)
    const value = metric[name] ?? ''
    let [one, other] = [seed, ~seed]
    for (let index = 0; index < value.length; index++) {
      const letter = value.charCodeAt(index)
      one = Math.imul(one ^ letter, HIGH)
      one ^= one >>> 15
      other = Math.imul(other ^ letter, LOW)
      other ^= other >>> 13
    }
    high = (high + Math.imul(one ^ (one >>> 13), LAST)) >>> 0
    low = (low + Math.imul(other ^ (other >>> 16), LAST)) >>> 0
  }
  return (high & 0xfffff) * 2 ** 32 + low
}

function seedOf(name: string): number {
  const known = names.get(name)
  if (known !== undefined) return known
  let seed: number = LAST
  for (const letter of name) seed = Math.imul(seed ^ (letter.codePointAt(0) ?? 0), HIGH) ^ (seed >>> 15)
  if (names.size < MOST_NAMES) names.set(name, seed)
  return seed
}
