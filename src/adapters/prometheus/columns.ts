import type { NativeHistogram } from '../../core/analysis/native-histogram.ts'

/** What a series says at a scrape. */
export type Value = number | NativeHistogram

/** Samples of a series by column, in order of time: many are kept, and so they are small. */
export interface Columns {
  readonly times: number[]
  readonly values: Value[]
}

/**
 * Takes what was read anew, after `afterMs`, into what was read before: samples of one time are one. What is not found
 * again stays, since it was told already, if it lies between its neighbours; else it is of another replica, and would look
 * like a reset.
 */
export function takeIn(old: Columns, fresh: Columns, afterMs: number): void {
  const firstMs = fresh.times[0] ?? Infinity
  const place = old.times.findLastIndex((at) => at <= afterMs && at < firstMs) + 1
  const times = old.times.splice(place)
  const values = old.values.splice(place)
  let next = 0
  const push = (at: number, value: Value) => {
    old.times.push(at)
    old.values.push(value)
  }
  const pushFreshUpTo = (limit: number) => {
    for (let at = fresh.times[next]; at !== undefined && at <= limit; at = fresh.times[++next]) {
      push(at, fresh.values[next] ?? 0)
    }
  }
  for (const [index, at] of times.entries()) {
    pushFreshUpTo(at)
    const value = values[index] ?? 0
    if (old.times.at(-1) !== at && fits(value, old.values.at(-1), fresh.values[next])) push(at, value)
  }
  pushFreshUpTo(Infinity)
}

/** Forgets what is older than `fromMs`. */
export function cutBefore(columns: Columns, fromMs: number): void {
  const count = columns.times.findIndex((at) => at >= fromMs)
  const forgotten = count === -1 ? columns.times.length : count
  columns.times.splice(0, forgotten)
  columns.values.splice(0, forgotten)
}

/** Numbers that are kept. */
export function sizeOf({ values }: Columns): number {
  if (typeof values[0] === 'number') return 2 * values.length
  return values.reduce<number>((sum, value) => {
    return sum + (typeof value === 'number' ? 2 : 3 + 3 * value.buckets.length)
  }, 0)
}

function fits(value: Value, before: Value | undefined, after: Value | undefined): boolean {
  const count = countOf(value)
  return (
    (before === undefined || countOf(before) <= count) && (after === undefined || count <= countOf(after))
  )
}

function countOf(value: Value): number {
  return typeof value === 'number' ? value : value.count
}
