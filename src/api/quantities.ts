/** Texts of quantities in the API: durations as in Istio and Prometheus, percentages with a percent sign. */

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** `5m`, `1h30m`, `500ms`; no spaces, no fractions, units in falling order. */
export const DURATION_PATTERN = /^(?=\d)(\d{1,5}h)?(\d{1,5}m)?(\d{1,5}s)?(\d{1,5}ms)?$/

/** `1%`, `0.25%`. */
export const PERCENT_PATTERN = /^(100(\.0{1,4})?|\d{1,2}(\.\d{1,4})?)%$/

/**
 * Milliseconds of a duration such as `1h30m`.
 * Throws a RangeError when the text is not a duration.
 */
export function durationMs(text: string): number {
  if (!DURATION_PATTERN.test(text)) throw new RangeError(`"${text}" is not a duration like 30s, 5m or 1h30m`)
  let total = 0
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|h|m|s)/g)) {
    total += Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS]
  }
  return total
}

/** Short text of milliseconds: `90000` is `1m30s`. Anything below a second is shown in `ms`. */
export function durationText(ms: number): string {
  const rounded = Math.max(0, Math.round(ms))
  if (rounded < 1000) return `${rounded}ms`
  const seconds = Math.round(rounded / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ]
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join('')
}

/**
 * Share (0–1) of a percentage such as `0.25%`.
 * Throws a RangeError when the text is not a percentage from 0% to 100%.
 */
export function percentShare(text: string): number {
  if (!PERCENT_PATTERN.test(text)) throw new RangeError(`"${text}" is not a percentage like 1% or 0.25%`)
  return Number(text.slice(0, -1)) / 100
}
