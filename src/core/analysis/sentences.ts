import type { Counts, LimitMetric } from './evidence.ts'

/** Phrases of evidence: the same words in status, command line and notifications. */

/** The limit as the user wrote it: `1%`, `p99 500ms`. */
export function limitText(metric: LimitMetric): string {
  return metric.kind === 'Latency' ? `p${metric.percentile} ${metric.max}` : metric.max
}

/** No request at all. */
export function noDataSentence(): string {
  return 'no canary request seen yet at this step'
}

/** Enough requests were seen to decide. */
export function countedSentence(metric: LimitMetric, counts: Counts): string {
  return `canary ${grouped(counts.bad)} of ${grouped(counts.total)} requests ${badText(metric)} (${rateText(metric, counts)})`
}

/** More requests are needed before a pass. */
export function progressSentence(metric: LimitMetric, counts: Counts, least: number): string {
  if (least === Infinity)
    return `${countedSentence(metric, counts)}; no number of requests can show a share of 0%`
  const seen = `${grouped(counts.total)} of about ${grouped(roundUp(least))} canary requests seen`
  if (counts.bad === 0) return `${seen}, no harm`
  const tail = counts.bad > counts.total * metric.limit ? '; too few to tell' : ''
  return `${seen}, ${grouped(counts.bad)} ${badText(metric)} (${rateText(metric, counts)})${tail}`
}

/**
 * The rate is above the limit, which may still be chance.
 * @param more requests until it is certain, if the rate holds; undefined: never
 */
export function aboveSentence(metric: LimitMetric, counts: Counts, more: number | undefined): string {
  const outlook =
    more === undefined ? 'too near to it to be certain' : `certain after about ${grouped(roundUp(more))} more`
  return `${countedSentence(metric, counts)}: above the limit; at this rate ${outlook}`
}

function badText(metric: LimitMetric): string {
  return metric.kind === 'Latency' ? `took longer than ${metric.max}` : 'failed'
}

function rateText(metric: LimitMetric, counts: Counts): string {
  const rate = percent(counts.bad / counts.total)
  if (metric.kind === 'ErrorRate') return `${rate}, limit ${metric.max}`
  return `${rate}, p${metric.percentile} allows ${Number((metric.limit * 100).toPrecision(4))}%`
}

/** Two decimals, or two digits where these would all be zero. */
function percent(share: number): string {
  const value = share * 100
  if (value === 0) return '0%'
  return value < 0.1 ? `${Number(value.toPrecision(2))}%` : `${value.toFixed(2)}%`
}

function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** Two digits are enough for "about". */
function roundUp(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1)
  return Math.ceil(count / unit) * unit
}
