import type { Distribution } from './statistics.ts'

/** `3 ms`, `12.4 ms` */
export function milliseconds(value: number): string {
  return `${decimals(value)} ms`
}

export function seconds(value: number): string {
  return `${value.toFixed(Math.abs(value) < 10 ? 2 : 1)} s`
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

/** A row of WHAT, P50, P99, GOAL; the goal is a largest value, and the row says whether it was kept at p99. */
export function spreadRow(
  what: string,
  spread: Distribution | undefined,
  unit: (value: number) => string,
  goal?: number,
): string[] {
  if (spread === undefined) return [what, '-', '-', goal === undefined ? '' : unit(goal)]
  return [what, unit(spread.p50), unit(spread.p99), goal === undefined ? '' : against(spread.p99, goal, unit)]
}

/** The goal, and whether the value keeps it. */
export function against(value: number, goal: number, unit: (value: number) => string): string {
  return `${unit(goal)} ${value <= goal ? 'kept' : 'MISSED'}`
}

function decimals(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 1 : 0)
}
