import type { Cut } from './cuts.ts'
import type { Counts } from './evidence.ts'
import type { Measure } from './measures.ts'
import type { Strand } from './strands.ts'

/** Phrases of evidence: the same words in status, command line and notifications. */

/** What the canary is held to, as the user wrote it: `1%`, `p99 500ms`, `stable`. */
export function limitText({ kind, max, percentile, vsStable }: Measure): string {
  const absolute = kind === 'Latency' && max !== undefined ? `p${percentile} ${max}` : max
  if (kind === 'TrafficSplit') return `the weight ± ${max ?? '25%'}`
  const parts = [absolute, vsStable && 'as stable'].filter((part) => part !== undefined)
  return parts.length === 0 ? 'as before' : parts.join(', ')
}

/** Requests that were held against a limit. */
export interface HeldCounts extends Counts {
  /** Latency: where the histogram could hold it (milliseconds), if not just there. */
  readonly at?: number
}

/** No request at all. */
export function noDataSentence(): string {
  return 'no canary request seen yet at this step'
}

/** Enough requests were seen to decide. */
export function countedSentence(measure: Measure, counts: HeldCounts): string {
  return `canary ${grouped(counts.bad)} of ${grouped(counts.total)} requests ${badText(measure, counts.at)} (${rateText(measure, counts)})`
}

/** More requests are needed before a pass. */
export function progressSentence(measure: Measure, counts: HeldCounts, least: number): string {
  if (least === Infinity)
    return `${countedSentence(measure, counts)}; no number of requests can show a share of 0%`
  const seen = `${grouped(counts.total)} of about ${grouped(roundUp(least))} canary requests seen`
  if (counts.bad === 0) return `${seen}, no harm`
  const tail = counts.bad > counts.total * (measure.limit ?? 1) ? '; too few to tell' : ''
  return `${seen}, ${grouped(counts.bad)} ${badText(measure, counts.at)} (${rateText(measure, counts)})${tail}`
}

/**
 * The rate is above the limit, which may still be chance.
 * @param more requests until it is certain, if the rate holds; undefined: never
 */
export function aboveSentence(measure: Measure, counts: HeldCounts, more: number | undefined): string {
  const outlook =
    more === undefined ? 'too near to it to be certain' : `certain after about ${grouped(roundUp(more))} more`
  return `${countedSentence(measure, counts)}: above the limit; at this rate ${outlook}`
}

/** Stable is above the limit as well. */
export function incidentSentence({ bad, total }: Counts): string {
  return `; so did ${grouped(bad)} of ${grouped(total)} of stable (${percent(bad / total)}): an incident of both versions`
}

/** Failed requests that cannot be charged to a version. */
export function unattributedSentence(count: number): string {
  return `; ${grouped(count)} more failed without a pod to answer them`
}

/** Canary beside stable, at the boundary that tells most. */
export function comparedSentence(measure: Measure, { strand, cut }: { strand: Strand; cut: Cut }): string {
  const { canary, stable } = strand.total
  return (
    `canary ${grouped(cut.bad.canary)} of ${grouped(canary)} requests ${badText(measure, cut.at)}${sideText(strand)}, ` +
    `stable ${grouped(cut.bad.stable)} of ${grouped(stable)}`
  )
}

/** Canary beside what stable did in its last hour. */
export function againstHistorySentence(
  measure: Measure,
  { strand, cut }: { strand: Strand; cut: Cut },
): string {
  const counted = `canary ${grouped(cut.bad.canary)} of ${grouped(strand.total.canary)} requests ${badText(measure, cut.at)}`
  return `${counted}, stable had ${percent(cut.past ?? 0)} at most in the hour before`
}

/** How likely so much is if the canary were no worse. */
export function oddsSentence(logE: number): string {
  return `; ${odds(logE)} if it were no worse`
}

/** There is some evidence against the canary. */
export function leaningSentence(logE: number): string {
  return `${oddsSentence(logE)}, which is not enough to tell`
}

/** @param missing canary requests until a pass, if rates stay as they are; undefined: never */
export function outlookSentence(missing: number | undefined): string {
  if (missing === undefined)
    return '; as things are, no number of requests would show that it is safe to go on'
  return `; no harm shown, about ${grouped(roundUp(Math.max(1, missing)))} more canary requests to be sure`
}

/** How the requests are split. @param weight percent that the canary should have */
export function splitSentence({
  canary,
  all,
  weight,
}: {
  canary: number
  all: number
  weight: number
}): string {
  return `canary got ${grouped(canary)} of ${grouped(all)} requests (${percent(all === 0 ? 0 : canary / all)}), its weight is ${weight}%`
}

function odds(logE: number): string {
  return logE > Math.log(1e6) ? 'less than 1 in a million' : `1 in ${grouped(roundDown(Math.exp(logE)))}`
}

function sideText({ reporter }: Strand): string {
  return reporter === 'Destination' ? ' as its pods count' : ''
}

function badText({ kind, max }: Measure, at?: number): string {
  if (kind === 'Latency') return `took longer than ${at === undefined ? max : `${at}ms`}`
  return kind === 'ClientErrorRate' ? 'were refused (4xx)' : 'failed'
}

function rateText(measure: Measure, counts: Counts): string {
  const rate = percent(counts.total === 0 ? 0 : counts.bad / counts.total)
  if (measure.max === undefined) return rate
  if (measure.kind !== 'Latency') return `${rate}, limit ${measure.max}`
  return `${rate}, p${measure.percentile} allows ${Number(((measure.limit ?? 0) * 100).toPrecision(4))}%`
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

function roundDown(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1)
  return Math.floor(count / unit) * unit
}
