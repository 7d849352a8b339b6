import type { MetricSpec } from '../../api/v1alpha1/analysis.ts'
import { anonymityOf, countsOf } from '../../core/analysis/count-series.ts'
import type { CountSeries } from '../../core/analysis/count-series.ts'
import { LOOK_BACK_MS } from '../../core/analysis/counters.ts'
import type { Window } from '../../core/analysis/counters.ts'
import type { Counts, Evidence, MetricLook, TimedReading } from '../../core/analysis/evidence.ts'
import { evidenceOf } from '../../core/analysis/evidence.ts'
import type { Measure } from '../../core/analysis/measures.ts'
import type { Reading } from '../../core/analysis/number.ts'
import type { CountQueries, Question } from '../../core/analysis/query/source.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import { sidesOf } from '../../core/traffic/context.ts'
import { ProviderError, RefusedError } from '../../ports.ts'
import type { Ports } from '../../ports.ts'
import { webRequest } from '../web-request.ts'
import { QuestionError, askedBy, intervalOf } from './questions.ts'

/** Bursts can't be told in counters that know no pods. */
const ASSUMED_PHI = 1.5

/** What metrics of the user's own are asked at a look. */
export interface OwnLook {
  readonly ports: Ports
  readonly state: ReleaseState
  readonly evidence: Evidence
  readonly window: Window
}

/**
 * What one look brings for a metric that is not Istio's own; undefined when it is not its time yet. Throws when
 * counters, or a Secret, can't be read; other numbers that can't be read are readings, too.
 */
export async function lookAtOwn(
  metric: MetricSpec,
  measure: Measure,
  look: OwnLook,
): Promise<MetricLook | undefined> {
  if (measure.kind === 'Counts') return countedLook(metric, measure, look)
  const number = await readingOf(metric, measure, look)
  return number && { strands: [], number }
}

async function readingOf(
  metric: MetricSpec,
  measure: Measure,
  { ports, state, evidence, window }: OwnLook,
): Promise<TimedReading | undefined> {
  const at = ports.clock.now()
  // Warm-up is over, or there would be no look.
  const { lastAt = -Infinity } = evidenceOf(evidence, metric.name).number ?? {}
  if (at - lastAt < intervalOf(metric, state)) return undefined
  try {
    const windowMs = at - Math.max(lastAt, window.fromMs)
    const question = askedBy(metric, measure, { ports, state, windowMs })
    return { at, reading: await numberOf(ports, state, question) }
  } catch (error) {
    if (!(error instanceof QuestionError || error instanceof RefusedError)) throw error
    return { at, reading: { kind: 'Bad', reason: error.message } }
  }
}

async function numberOf(ports: Ports, state: ReleaseState, question: Question): Promise<Reading> {
  if (question.kind === 'Query') return ports.queries.number(question.query)
  if (question.kind === 'Counts') throw new QuestionError('counts are no plain number')
  return ports.web.number(await webRequest(question.http, state.rollout.namespace, ports.secrets))
}

async function countedLook(
  metric: MetricSpec,
  measure: Measure,
  { ports, state, window }: OwnLook,
): Promise<MetricLook> {
  const queries = countQueries(metric, measure, { ports, state, window })
  const series = await ports.queries.counters(queries, {
    fromMs: window.fromMs - LOOK_BACK_MS,
    toMs: window.toMs,
  })
  const { canary, stable } = sidesOf(state)
  const versions = { canary: canary.version, stable: stable.version }
  const anonymity = anonymityOf(series, queries.versionLabel, versions)
  if (anonymity !== undefined) throw new ProviderError(anonymity)
  const [of, by] = [counted(series, versions.canary, window), counted(series, versions.stable, window)]
  const total = { canary: of.total, stable: by.total }
  const cut = { bad: { canary: of.bad, stable: by.bad }, phi: ASSUMED_PHI }
  return { strands: [{ reporter: 'Source', total, cuts: [cut] }] }
}

function countQueries(
  metric: MetricSpec,
  measure: Measure,
  { ports, state, window }: Pick<OwnLook, 'ports' | 'state' | 'window'>,
): CountQueries {
  try {
    const question = askedBy(metric, measure, { ports, state, windowMs: window.toMs - window.fromMs })
    if (question.kind === 'Counts') return question.counts
    throw new QuestionError('a plain number is no counts')
  } catch (error) {
    if (error instanceof QuestionError) throw new ProviderError(error.message)
    throw error
  }
}

function counted(series: CountSeries, version: string, window: Window): Counts {
  try {
    return countsOf(series, version, window)
  } catch (error) {
    if (error instanceof RangeError) throw new ProviderError(error.message)
    throw error
  }
}
