import type { Cut } from './cuts.ts'
import { harmOf } from './evidence.ts'
import type { Counts, MetricEvidence } from './evidence.ts'
import { requestsUntil } from './least-requests.ts'
import type { Measure } from './measures.ts'
import { paramsOf } from './processes.ts'
import type { ProcessName } from './processes.ts'
import {
  againstHistorySentence,
  comparedSentence,
  leaningSentence,
  oddsSentence,
  outlookSentence,
} from './sentences.ts'
import { cutsFor, logEOf, stateOf } from './strands.ts'
import type { Strand } from './strands.ts'
import { verdictOf } from './verdict.ts'
import type { Context, MetricVerdict } from './verdict.ts'

/** A cut with the side that counted it. */
interface Place {
  readonly strand: Strand
  readonly cut: Cut
}

/** The verdict of a comparison with stable that has not failed. */
export function judgeCompared(measure: Measure, seen: MetricEvidence, context: Context): MetricVerdict {
  if (seen.incomparable !== undefined) return verdictOf(measure, 'Unsure', { evidence: seen.incomparable })
  const places = placesOf(seen, 'pass').filter(({ strand }) => strand.total.canary > 0)
  const worst = leastOf(places, 'pass')
  if (worst === undefined) return verdictOf(measure, 'Unsure', { evidence: 'stable is being measured' })
  if (worst.strand.total.stable === 0)
    return verdictOf(measure, 'NoData', { evidence: 'no request of stable to compare with' })
  const here = seenAt(worst)
  if (logOf(worst, 'pass') >= Math.log(1 / context.levels.beta))
    return verdictOf(measure, 'Pass', { evidence: comparedSentence(measure, worst), seen: here })
  const missingRequests = requestsToPass(measure, worst, { context, isHarmed: isLeaning(seen) })
  const evidence = comparedSentence(measure, worst) + outlook(seen, missingRequests)
  return verdictOf(measure, 'Unsure', { evidence, seen: here, missingRequests })
}

/** A canary that is worse than stable is, or was in the hour before. */
export function failedCompared(measure: Measure, seen: MetricEvidence, by: ProcessName): MetricVerdict {
  const worst = placesOf(seen, by).toSorted((a, b) => logOf(b, by) - logOf(a, by))[0]
  if (worst === undefined) return verdictOf(measure, 'Fail', { evidence: 'worse than stable' })
  const counted = by === 'history' ? againstHistorySentence(measure, worst) : comparedSentence(measure, worst)
  const evidence = counted + oddsSentence(harmOf(seen).logE)
  const here = seenAt(worst)
  return verdictOf(measure, 'Fail', { evidence, ...(here.total > 0 && { seen: here }) })
}

function seenAt({ strand, cut }: Place): Counts & { phi: number } {
  return { total: strand.total.canary, bad: cut.bad.canary, phi: cut.phi }
}

function outlook(seen: MetricEvidence, missing: number | undefined): string {
  return isLeaning(seen) ? leaningSentence(harmOf(seen).logE) : outlookSentence(missing)
}

function isLeaning(seen: MetricEvidence): boolean {
  return harmOf(seen).logE > LEANING
}

/** Evidence of harm that is worth a word: 1 in 10. */
const LEANING = Math.log(10)

/**
 * Canary requests until a pass; every cut must pass, so the last to do so counts. While nothing speaks against the canary
 * both versions are taken for alike: a few errors more or less in what little it has answered say nothing of what comes.
 */
function requestsToPass(
  measure: Measure,
  { strand, cut }: Place,
  { context, isHarmed }: { readonly context: Context; readonly isHarmed: boolean },
): number | undefined {
  const params = paramsOf(measure, 'pass', context.course, cut)
  if (params === undefined) return undefined
  const { canary, stable } = strand.total
  const alike = (cut.bad.canary + cut.bad.stable) / (canary + stable)
  const rates = {
    canary: isHarmed ? cut.bad.canary / canary : alike,
    stable: isHarmed ? cut.bad.stable / stable : alike,
    stablePerCanary: stable / canary,
  }
  return requestsUntil(stateOf(strand, cut, 'pass'), rates, params, Math.log(1 / context.levels.beta))
}

/** Natural logarithm of the evidence for the canary, where it is least; undefined while nothing gathers any. */
export function passLogE(seen: MetricEvidence): number | undefined {
  const least = leastOf(placesOf(seen, 'pass'), 'pass')
  return least && logOf(least, 'pass')
}

function placesOf({ strands }: MetricEvidence, name: ProcessName): Place[] {
  return strands.flatMap((strand) => cutsFor(strand, name).map((cut) => ({ strand, cut })))
}

function leastOf(places: readonly Place[], name: ProcessName): Place | undefined {
  return places.toSorted((a, b) => logOf(a, name) - logOf(b, name))[0]
}

function logOf({ strand, cut }: Place, name: ProcessName): number {
  return logEOf(strand, cut, name)
}
