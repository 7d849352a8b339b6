import { accusersOf, evidenceOf, harmOf } from './evidence.ts'
import type { Evidence, MetricEvidence } from './evidence.ts'
import { failedCompared, judgeCompared } from './judge-compared.ts'
import { failedLimit, judgeLimit } from './judge-limit.ts'
import { judgeSplit } from './judge-split.ts'
import { NO_NUMBERS, judgeNumber } from './number.ts'
import { leastRequests } from './least-requests.ts'
import type { Measure } from './measures.ts'
import { isCompared } from './processes.ts'
import type { ProcessName } from './processes.ts'
import { noDataSentence, unattributedSentence } from './sentences.ts'
import { VERDICTS, verdictOf } from './verdict.ts'
import type { Context, Judgement, MetricVerdict, Terms, Verdict } from './verdict.ts'

/**
 * What the evidence says. Fail when the evidence of harm of all metrics together ever reached 1/α; it never goes away.
 * A comparison passes when it is shown, at this step and with chance of error β, that the canary would not harm more
 * than the harm budget at the next weight. A limit beside a comparison only fails; standing alone it passes on an
 * estimate within the limit over enough requests of this step. A release without metrics passes. Throws a RangeError
 * when the evidence was begun without one of the metrics.
 */
export function judge(evidence: Evidence, measures: readonly Measure[], terms: Terms): Judgement {
  const { levels, weights } = terms
  const cause = evidence.peak.logE >= Math.log(1 / levels.alpha) ? evidence.peak.cause : undefined
  const needed = Math.log(Math.max(1, accusersOf(measures).length) / levels.alpha)
  const context: Context = { levels, needed, course: { step: evidence.step, weights } }
  const verdicts = measures.map((measure) => {
    const seen = evidenceOf(evidence, measure.name)
    if (measure.kind === 'Number') return judgeReadings(measure, seen)
    const harm = harmOf(seen)
    if (measure.name === cause) return withLost(failed(measure, seen, evidence.peak.by), seen)
    if (failsAlone(measure, harm.logE, cause, context)) return withLost(failed(measure, seen, harm.by), seen)
    return withLost(judgeMetric(measure, seen, context), seen)
  })
  return { ...overall(measures, verdicts, cause), metrics: verdicts }
}

/** A metric that has no part in the common evidence answers for itself. */
function failsAlone(measure: Measure, logE: number, cause: string | undefined, context: Context): boolean {
  if (measure.isDryRun || measure.isNormal) return logE >= Math.log(1 / context.levels.alpha)
  return cause !== undefined && logE >= context.needed
}

/** What the verdicts come to: dry runs have no say, and normal metrics cannot take the release back. */
function overall(
  measures: readonly Measure[],
  verdicts: readonly MetricVerdict[],
  cause: string | undefined,
): Pick<Judgement, 'verdict' | 'cause'> {
  if (cause !== undefined) return { verdict: 'Fail', cause }
  const said = measures.flatMap(({ isDryRun, isNormal }, index) => {
    const one = verdicts[index]
    if (one === undefined || isDryRun) return []
    return [isNormal && one.verdict === 'Fail' ? { ...one, verdict: 'Unsure' as const } : one]
  })
  const failing = said.find(({ verdict }) => verdict === 'Fail')
  if (failing !== undefined) return { verdict: 'Fail', cause: failing.metric }
  return { verdict: weightiest(said) }
}

function judgeReadings(
  { name, rule }: Measure,
  { number = NO_NUMBERS, problem }: MetricEvidence,
): MetricVerdict {
  const { verdict, limit, ...said } = judgeNumber(number, rule ?? { failureLimit: 0 })
  if (verdict === 'Fail' || problem === undefined) return { metric: name, verdict, limit, ...said }
  return { metric: name, verdict: 'ProviderError', limit, evidence: problem }
}

/**
 * The judgement when the metrics cannot be read. Ask {@link judge} first whether the release has failed already: that stands.
 * @param sentence what is wrong with the provider
 */
export function providerError(measures: readonly Measure[], sentence: string): Judgement {
  const metrics = measures.map((measure) => verdictOf(measure, 'ProviderError', { evidence: sentence }))
  return { verdict: 'ProviderError', metrics }
}

function weightiest(verdicts: readonly MetricVerdict[]): Verdict {
  return VERDICTS.find((verdict) => verdicts.some((one) => one.verdict === verdict)) ?? 'Pass'
}

function failed(measure: Measure, seen: MetricEvidence, by: ProcessName = 'limit'): MetricVerdict {
  return by === 'limit' ? failedLimit(measure, seen) : failedCompared(measure, seen, by)
}

/** What no pod answered is shown, since it is nobody's. */
function withLost(verdict: MetricVerdict, { unattributed = 0 }: MetricEvidence): MetricVerdict {
  if (unattributed === 0) return verdict
  return { ...verdict, evidence: verdict.evidence + unattributedSentence(unattributed) }
}

function judgeMetric(measure: Measure, seen: MetricEvidence, context: Context): MetricVerdict {
  if (seen.problem !== undefined) return verdictOf(measure, 'ProviderError', { evidence: seen.problem })
  const hasRequests = seen.strands.some(({ total }) => total.canary > 0)
  if (!hasRequests) return noData(measure, context)
  if (measure.kind === 'TrafficSplit') return judgeSplit(measure, seen, context)
  const isAlone = measure.vsStable === undefined || !isCompared(context.course)
  return isAlone ? judgeLimit(measure, seen, context) : judgeCompared(measure, seen, context)
}

function noData(measure: Measure, { levels }: Context): MetricVerdict {
  const missingRequests =
    measure.limit === undefined || measure.vsStable ? undefined : leastRequests(measure.limit, levels.beta)
  return verdictOf(measure, 'NoData', { evidence: noDataSentence(), missingRequests })
}
