/** Quantities of forecasts: two digits, since no forecast is better. */

const DIGITS = 2

/** `0.05 %`, `12 %`. */
export function percentText(share: number): string {
  return `${Number((share * 100).toPrecision(DIGITS))} %`
}

/** `0.21 requests/s`, `1,200 requests/s`. */
export function rateText(perSecond: number): string {
  return `${Number(perSecond.toPrecision(DIGITS)).toLocaleString('en-US')} requests/s`
}

/** `1,650`; more than two digits are rounded up. */
export function countText(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - DIGITS)
  return (Math.ceil(count / unit) * unit).toLocaleString('en-US')
}

/** `03:00 UTC`. @param ms since the epoch */
export function hourText(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)} UTC`
}

/** `2026-05-06 03:00 UTC`. @param ms since the epoch */
export function momentText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
