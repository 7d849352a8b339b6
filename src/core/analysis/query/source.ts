import type { MetricTemplateSpec } from '../../../api/v1alpha1/metric-template.ts'
import { unknownParameters } from './parameters.ts'
import type { Values } from './parameters.ts'
import { filledPromql } from './promql.ts'
import { filledHttp } from './web.ts'
import type { FilledHttp, MetricHttp } from './web.ts'

/** Where a metric's value comes from: exactly one of the three is there. */
export type MetricSource = Pick<MetricTemplateSpec, 'query' | 'counts' | 'http'>

/** Two selectors of raw counters. */
export interface CountQueries {
  readonly bad: string
  readonly total: string
  /** Label that holds the version. */
  readonly versionLabel: string
}

/** A question that can be asked as it is. */
export type Question =
  | { readonly kind: 'Query'; readonly query: string }
  | { readonly kind: 'Counts'; readonly counts: CountQueries }
  | { readonly kind: 'Http'; readonly http: FilledHttp }

/**
 * The question that a metric asks, its parameters filled in. Throws a ParameterError when a parameter is unknown, or its
 * value has no safe form where it stands; a RangeError when there is no source.
 */
export function questionOf({ query, counts, http }: MetricSource, values: Values): Question {
  if (query !== undefined) return { kind: 'Query', query: filledPromql(query, values) }
  if (http !== undefined) return { kind: 'Http', http: filledHttp(http, values) }
  if (counts === undefined) throw new RangeError('a metric needs one of query, counts and http')
  const [bad, total] = [filledPromql(counts.bad, values), filledPromql(counts.total, values)]
  return { kind: 'Counts', counts: { bad, total, versionLabel: counts.versionLabel } }
}

/** Names of parameters of a source that nobody gives a value; for messages before a release begins. */
export function unknownIn(
  { query, counts, http }: MetricSource,
  declared: MetricTemplateSpec['args'],
): string[] {
  const texts = [query, counts?.bad, counts?.total, ...(http === undefined ? [] : textsOf(http))]
  return unknownParameters(
    texts.filter((text) => text !== undefined),
    declared,
  )
}

function textsOf({ url, body = '', headers }: MetricHttp): string[] {
  return [url, body, ...headers.map(({ value }) => value)]
}
