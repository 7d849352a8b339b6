import { z } from 'zod'
import { DECIMAL_PATTERN } from '../queries.ts'
import { celMatches } from './checks.ts'
import type { Check } from './checks.ts'
import { celShare, decimal, isShare, namedList, objectName, positiveDuration } from './forms.ts'
import { exactlyOne, parameterName, parameterValue, sourceFields } from './metric-query.ts'

/** Metrics of a Rollout that are not Istio's own: where the value comes from, what it must be, and how it counts. */

const arg = z
  .strictObject({
    name: parameterName.describe('Name of a parameter that the template declares.'),
    value: parameterValue.describe('Its value.'),
  })
  .describe('A value for a parameter of the template.')

const templateRef = z
  .strictObject({
    name: objectName.describe('Name of a MetricTemplate in the namespace of the Rollout.'),
    args: namedList(arg, 20).default([]).describe('Values for the parameters of the template.'),
  })
  .describe('A MetricTemplate that says how the value is found.')

/** Fields of a metric besides `name`, `istio`, `percentile` and `max`. */
export const metricQueryFields = {
  templateRef: templateRef.optional(),
  ...sourceFields,
  min: decimal.optional().describe('Plain numbers only: the least that is good, such as "0.02".'),
  failureLimit: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .describe(
      'Plain numbers only: so many failures of a release are borne, and one more fails it. Absent: 0, and without limit where `consecutiveFailures` is set.',
    ),
  consecutiveFailures: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Plain numbers only: so many failures one after the other fail the release.'),
  interval: positiveDuration
    .optional()
    .describe('Time between two readings of this metric. Absent: that of the analysis.'),
  mode: z
    .enum(['Enforce', 'DryRun'])
    .optional()
    .describe('DryRun: the verdict is reported, and decides nothing. Absent: Enforce.'),
  weight: z
    .enum(['Critical', 'Normal'])
    .optional()
    .describe(
      'Critical: a Fail takes the release back. Normal: a Fail keeps the step from passing, and `patience` decides. Absent: Critical.',
    ),
}

/** What the checks look at. `max` is a percentage for counts, a decimal number for plain numbers. */
interface MetricQuery {
  readonly istio?: unknown
  readonly templateRef?: unknown
  readonly query?: unknown
  readonly counts?: unknown
  readonly http?: unknown
  readonly min?: string | undefined
  readonly max?: string | undefined
  readonly failureLimit?: number | undefined
  readonly consecutiveFailures?: number | undefined
}

type Field = keyof MetricQuery

const ofMax = {
  field: 'max',
  found: { text: (m: MetricQuery) => m.max ?? '', cel: 'self.max', format: '"%s"' },
} as const

const isDecimal = (text: string | undefined) => text === undefined || DECIMAL_PATTERN.test(text)
const celDecimalMax = `(!has(self.max) || ${celMatches('self.max', DECIMAL_PATTERN)})`

const isPlain = (m: MetricQuery) => m.query !== undefined || m.http !== undefined
const CEL_PLAIN = '(has(self.query) || has(self.http))'
const isCounted = (m: MetricQuery) => m.istio !== undefined || m.counts !== undefined
const CEL_COUNTED = '(has(self.istio) || has(self.counts))'

/** Fields that only plain numbers have. */
function plainOnly(field: Field): Check<MetricQuery> {
  return {
    field,
    must: 'be absent for istio and counts: it is for plain numbers only',
    holds: (m) => !isCounted(m) || m[field] === undefined,
    cel: `!${CEL_COUNTED} || !has(self.${field})`,
  }
}

/** Rules of a metric that any of its sources may break; those of Istio's own metrics are beside them. */
export const metricQueryChecks: readonly Check<MetricQuery>[] = [
  exactlyOne<MetricQuery>(['istio', 'templateRef', 'query', 'counts', 'http']),
  plainOnly('min'),
  plainOnly('failureLimit'),
  plainOnly('consecutiveFailures'),
  {
    must: 'have min, max or both for query and http',
    holds: (m) => !isPlain(m) || m.min !== undefined || m.max !== undefined,
    cel: `!${CEL_PLAIN} || has(self.min) || has(self.max)`,
  },
  {
    ...ofMax,
    must: 'be a decimal number in quotes for query and http, such as "0.02"',
    holds: (m) => !isPlain(m) || isDecimal(m.max),
    cel: `!${CEL_PLAIN} || ${celDecimalMax}`,
  },
  {
    ...ofMax,
    must: 'be a percentage above 0% and below 100% for counts, such as 1% or 0.25%',
    holds: (m) => m.counts === undefined || m.max === undefined || isShare(m.max),
    cel: `!has(self.counts) || !has(self.max) || (${celShare('self.max')})`,
  },
  {
    ...ofMax,
    must: 'be a decimal number in quotes or a percentage for templateRef, such as "0.02" or 1%',
    holds: (m) => m.templateRef === undefined || isDecimal(m.max) || isShare(m.max ?? ''),
    cel: `!has(self.templateRef) || ${celDecimalMax} || (${celShare('self.max')})`,
  },
  {
    ...ofMax,
    must: 'not be below min',
    holds: ({ min, max }) => !areOrdered(min, max) || Number(min) <= Number(max),
    cel: `!has(self.min) || !has(self.max) || !${celMatches('self.min', DECIMAL_PATTERN)} || !${celDecimalMax} || double(self.min) <= double(self.max)`,
  },
]

function areOrdered(min: string | undefined, max: string | undefined): boolean {
  return min !== undefined && max !== undefined && isDecimal(min) && isDecimal(max)
}
