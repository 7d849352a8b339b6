import { cutsOf } from './cuts.ts'
import type { Cut } from './cuts.ts'
import type { Counts, MetricEvidence } from './evidence.ts'
import { leastRequests, requestsUntil } from './least-requests.ts'
import { limitMsOf } from './measures.ts'
import type { Measure } from './measures.ts'
import { paramsOf } from './processes.ts'
import { aboveSentence, countedSentence, incidentSentence, progressSentence } from './sentences.ts'
import type { HeldCounts } from './sentences.ts'
import { cutsFor, stateOf } from './strands.ts'
import type { Strand } from './strands.ts'
import { shareOf, verdictOf } from './verdict.ts'
import type { Context, MetricVerdict } from './verdict.ts'

/** A cut at which the limit is held, or the first one where there is none. */
interface Held {
  readonly strand: Strand
  readonly cut: Cut
  /** Of the canary, at this step. */
  readonly counts: HeldCounts
}

/** The verdict of a limit that stands alone; without a limit a canary with requests passes. */
export function judgeLimit(measure: Measure, known: MetricEvidence, context: Context): MetricVerdict {
  const held = heldOf(known, measure)
  if (held === undefined)
    return verdictOf(measure, 'NoData', { evidence: 'nothing to measure was found yet' })
  const { counts } = held
  const seen = { ...counts, phi: held.cut.phi }
  const { limit } = measure
  if (limit === undefined)
    return verdictOf(measure, 'Pass', { evidence: countedSentence(measure, counts), seen })
  const least = leastRequests(limit, context.levels.beta)
  if (counts.total < least) {
    const evidence = progressSentence(measure, counts, least)
    return verdictOf(measure, 'Unsure', { evidence, seen, missingRequests: least - counts.total })
  }
  if (isWithin(counts, limit))
    return verdictOf(measure, 'Pass', { evidence: countedSentence(measure, counts), seen })
  const more = requestsToFail(measure, held, context)
  const evidence = aboveSentence(measure, counts, more)
  return verdictOf(measure, 'Unsure', { evidence, seen, missingRequests: more })
}

/** A canary that was above its limit. The evidence may stem from earlier steps: the counts that make plain why are shown. */
export function failedLimit(measure: Measure, seen: MetricEvidence): MetricVerdict {
  const held = heldOf(seen, measure)
  const step = held?.counts ?? { total: 0, bad: 0 }
  const counts = { ...step, ...(shareOf(step) < shareOf(seen.release) && seen.release) }
  const evidence = countedSentence(measure, counts) + incidentOf(measure, held)
  return verdictOf(measure, 'Fail', { evidence, seen: { ...counts, phi: held?.cut.phi ?? 1 } })
}

/** What hits both versions is named: a limit knows no culprit. */
function incidentOf({ limit = 1 }: Measure, held: Held | undefined): string {
  if (held === undefined) return ''
  const stable = { total: held.strand.total.stable, bad: held.cut.bad.stable }
  return stable.total > 0 && !isWithin(stable, limit) ? incidentSentence(stable) : ''
}

/** Enough requests, a rate above the limit, and not enough evidence to fail: when will there be, if the rate holds? */
function requestsToFail(
  measure: Measure,
  { strand, cut, counts }: Held,
  context: Context,
): number | undefined {
  const params = paramsOf(measure, 'limit', context.course, cut)
  if (params === undefined) return undefined
  const rates = { canary: shareOf(counts), stable: 0, stablePerCanary: 0 }
  return requestsUntil(stateOf(strand, cut, 'limit'), rates, params, context.needed)
}

/** Of the sides that count, the one that saw the largest share of bad requests. */
function heldOf({ strands }: MetricEvidence, measure: Measure): Held | undefined {
  const held = strands.flatMap((strand) => {
    const cut = cutsFor(strand, 'limit')[0] ?? cutsOf(strand)[0]
    if (cut === undefined || strand.total.canary === 0) return []
    return [{ strand, cut, counts: countsOf(strand, cut, measure) }]
  })
  return held.toSorted((a, b) => shareOf(b.counts) - shareOf(a.counts))[0]
}

function countsOf({ total }: Strand, { at, isLimit, bad }: Cut, measure: Measure): HeldCounts {
  const counts = { total: total.canary, bad: bad.canary }
  return isLimit === undefined || at === undefined || at === limitMsOf(measure) ? counts : { ...counts, at }
}

/** With room for rounding: 1 of 1,000 is within a limit of 0.1 %. */
function isWithin({ total, bad }: Counts, limit: number): boolean {
  return bad <= total * limit * (1 + 1e-9)
}
