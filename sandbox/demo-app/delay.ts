import type { Settings } from './settings.ts'

/**
 * How long one answer is to take, in milliseconds, drawn independently of all others: a log-normal distribution with the
 * median LATENCY_MS, to which all its quantiles are proportional, and SLOW_MS more for a share of SLOW_RATE.
 */
export function drawDelay({ LATENCY_MS, LATENCY_SPREAD, SLOW_RATE, SLOW_MS }: Settings): number {
  const usual = LATENCY_MS * Math.exp(LATENCY_SPREAD * drawNormal())
  return usual + (Math.random() < SLOW_RATE ? SLOW_MS : 0)
}

/** A draw from the standard normal distribution, after Box and Muller. */
function drawNormal(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
}
