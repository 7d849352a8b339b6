import type { MetricSpec } from '../api/v1alpha1/analysis.ts'
import { measuresOf } from '../core/analysis/measures.ts'
import { metricNamesIn, noSuchMetric } from '../core/analysis/query/names.ts'
import type { Question } from '../core/analysis/query/source.ts'
import type { Finding, ReleaseState } from '../core/machine/state.ts'
import { ProviderError } from '../ports.ts'
import type { Ports } from '../ports.ts'
import { QuestionError, askedBy } from './observe/questions.ts'

/** What is wrong with metrics of the user's own, before a release begins. */
export async function questionFindings(
  ports: Pick<Ports, 'templates' | 'queries'>,
  state: ReleaseState,
): Promise<Finding[]> {
  const measures = measuresOf(state.plan.metrics)
  const tried = state.plan.metrics.map((metric, index) => {
    const measure = measures[index]
    if (metric.istio !== undefined || measure === undefined) return undefined
    return { field: `spec.analysis.metrics[${index}]`, ...questionOr(metric, measure, ports, state) }
  })
  const asked = tried.filter((one) => one !== undefined)
  const unanswerable = asked.flatMap(({ field, problem }): Finding[] =>
    problem === undefined ? [] : [{ reason: 'MetricUnanswerable', message: `${field}: ${problem}` }],
  )
  return [...unanswerable, ...(await unknownMetrics(ports, asked))]
}

interface Tried {
  readonly question?: Question
  readonly problem?: string
}

function questionOr(
  metric: MetricSpec,
  measure: Parameters<typeof askedBy>[1],
  ports: Pick<Ports, 'templates'>,
  state: ReleaseState,
): Tried {
  try {
    return { question: askedBy(metric, measure, { ports, state, windowMs: 0 }) }
  } catch (error) {
    if (error instanceof QuestionError) return { problem: error.message }
    throw error
  }
}

/** A query whose metrics are all unknown can never be answered. One that Prometheus cannot be asked about may be in order. */
async function unknownMetrics(
  { queries }: Pick<Ports, 'queries'>,
  asked: readonly (Tried & { readonly field: string })[],
): Promise<Finding[]> {
  const reads = asked.map(({ field, question }) => ({ field, names: namesIn(question) }))
  if (reads.every(({ names }) => names.length === 0)) return []
  const known = await knownNames(queries)
  if (known === undefined) return []
  return reads.flatMap(({ field, names }): Finding[] => {
    const [first] = names
    if (first === undefined || names.some((name) => known.has(name))) return []
    return [{ reason: 'MetricUnknown', message: `${field}: ${noSuchMetric(first, [...known])}` }]
  })
}

/** Counters of what goes wrong may not be there yet. */
function namesIn(question: Question | undefined): string[] {
  if (question?.kind === 'Query') return metricNamesIn(question.query)
  return question?.kind === 'Counts' ? metricNamesIn(question.counts.total) : []
}

async function knownNames(queries: Ports['queries']): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await queries.names())
  } catch (error) {
    if (error instanceof ProviderError) return undefined
    throw error
  }
}
