import { z } from 'zod'
import { PERCENT_PATTERN, percentShare } from '../quantities.ts'
import { celMatches, checked } from './checks.ts'
import type { Check } from './checks.ts'
import { metricQueryChecks, metricQueryFields } from './metric-rule.ts'
import {
  celPositiveDuration,
  celShare,
  dnsLabel,
  duration,
  isPositiveDuration,
  isShare,
  namedList,
  positiveDuration,
  share,
  shareOrNone,
} from './forms.ts'
import { ownPrometheus } from './prometheus.ts'

/** The only source of `spec.analysis` of a Rollout. */

// Not minimum and maximum: of a bound like 99.99 the API server's message shows whole numbers only.
const percentile = checked(z.number(), [
  {
    must: 'be from 50 to 99.99, such as 99 for p99',
    holds: (value) => value >= 50 && value <= 99.99,
    cel: 'self >= 50.0 && self <= 99.99',
    found: { text: String, cel: 'self', format: '%s' },
  },
])

const tolerance = shareOrNone
  .optional()
  .describe('Worse by this much is fine, in percentage points of requests. Absent: 0.1%.')
const relativeTolerance = shareOrNone
  .optional()
  .describe(
    'Worse by this share of the other’s rate is fine, too. Absent: 0%, and 10% for Latency, which varies more.',
  )

const DEFAULT_TOLERANCE = '0.1%'
const DEFAULT_HARM = '0.25%'

const comparisonFields = z.strictObject({
  tolerance,
  relativeTolerance,
  harmBudget: share
    .optional()
    .describe(
      'Share of all requests that the next step may harm at most; larger than `tolerance`, or what is tolerated would be unacceptable. A step passes when it is shown that the canary would not harm more: divided by the weight of the next step, this is how much worse than stable is unacceptable. Absent: 0.25%.',
    ),
})

type ComparisonSpec = z.output<typeof comparisonFields>

const CEL_TOLERANCE = `(has(self.tolerance) ? self.tolerance : '${DEFAULT_TOLERANCE}')`
const CEL_HARM = `(has(self.harmBudget) ? self.harmBudget : '${DEFAULT_HARM}')`

const isPercent = (text: string) => PERCENT_PATTERN.test(text)
const celIsPercent = (text: string) => celMatches(text, PERCENT_PATTERN)
const celPercent = (text: string) => `double(${text}.replace('%', ''))`

const vsStable = checked(comparisonFields, [
  {
    field: 'harmBudget',
    must: `be larger than tolerance (where absent: harmBudget ${DEFAULT_HARM}, tolerance ${DEFAULT_TOLERANCE})`,
    // What is no percentage has been said of the field itself.
    holds: ({ tolerance: tolerated = DEFAULT_TOLERANCE, harmBudget = DEFAULT_HARM }: ComparisonSpec) =>
      !isPercent(harmBudget) || !isPercent(tolerated) || percentShare(harmBudget) > percentShare(tolerated),
    cel: `!${celIsPercent(CEL_HARM)} || !${celIsPercent(CEL_TOLERANCE)} || ${celPercent(CEL_HARM)} > ${celPercent(CEL_TOLERANCE)}`,
    found: {
      text: ({ harmBudget = DEFAULT_HARM }) => harmBudget,
      cel: CEL_HARM,
      format: '"%s"',
    },
  },
]).describe(
  'The canary is held against stable, which answers at the same time: an incident that hits both is nobody’s fault. Not at 100 %, where there is no stable.',
)

const vsHistory = z
  .strictObject({ tolerance, relativeTolerance })
  .describe('At 100 % the canary is held against what stable did in its last hour before the release.')

const metricFields = z.strictObject({
  name: dnsLabel.describe('Name of the metric, unique in the list.'),
  istio: z
    .enum(['ErrorRate', 'ClientErrorRate', 'Latency', 'TrafficSplit'])
    .describe(
      'One of Istio’s own metrics. ErrorRate: share of answers with 5xx, a gRPC status that means as much, or none. ClientErrorRate: share of answers with 4xx or such a gRPC status. Latency: share of answers slower than `max`, or slower than stable’s. TrafficSplit: whether requests are split as the weight says; it can hold a step, and never fails the canary.',
    )
    .optional(),
  percentile: percentile
    .optional()
    .describe(
      'Latency only, and needed there with `max`: 99 asks that at most 1 % of requests are slower than `max`.',
    ),
  max: z
    .string()
    .max(20, { abort: true })
    .optional()
    .describe(
      'Absolute limit: a percentage such as 1% for ErrorRate and ClientErrorRate, a duration such as 500ms for Latency. Beside vsStable it only fails the canary and never holds a step. For TrafficSplit: the deviation that is fine, as a share of the weight; absent: 25%. For counts: a percentage. For plain numbers: the largest that is good, such as "0.8".',
    ),
  vsStable: vsStable.optional(),
  vsHistory: vsHistory.optional(),
  ...metricQueryFields,
})

type Metric = z.output<typeof metricFields>

const ofMax = {
  field: 'max',
  found: { text: (m: Metric) => m.max ?? '', cel: 'self.max', format: '"%s"' },
} as const

const metricChecks: Check<Metric>[] = [
  {
    ...ofMax,
    must: 'be a percentage above 0% and below 100% for Istio’s metrics except Latency, such as 1% or 0.25%',
    holds: ({ istio, max }) =>
      istio === undefined || istio === 'Latency' || max === undefined || isShare(max),
    cel: `!has(self.istio) || self.istio == 'Latency' || !has(self.max) || (${celShare('self.max')})`,
  },
  {
    ...ofMax,
    must: 'be a duration longer than 0s for Latency, such as 500ms or 2s',
    holds: (m) => m.istio !== 'Latency' || m.max === undefined || isPositiveDuration(m.max),
    cel: `!has(self.istio) || self.istio != 'Latency' || !has(self.max) || (${celPositiveDuration('self.max')})`,
  },
  {
    field: 'percentile',
    must: 'be set for Latency with max, such as 99 for p99',
    holds: (m) => m.istio !== 'Latency' || m.max === undefined || m.percentile !== undefined,
    cel: `!has(self.istio) || self.istio != 'Latency' || !has(self.max) || has(self.percentile)`,
  },
  {
    field: 'percentile',
    must: 'be absent: it is for Latency with max only',
    holds: (m) => m.percentile === undefined || (m.istio === 'Latency' && m.max !== undefined),
    cel: `!has(self.percentile) || (has(self.istio) && self.istio == 'Latency' && has(self.max))`,
    found: { text: (m) => String(m.percentile), cel: 'self.percentile', format: '%s' },
  },
  {
    must: 'have max, vsStable or vsHistory: something to hold the canary against',
    holds: (m) => m.istio === 'TrafficSplit' || isPlain(m) || hasMeasure(m),
    cel: `(has(self.istio) && self.istio == 'TrafficSplit') || has(self.query) || has(self.http) || has(self.min) || has(self.max) || has(self.vsStable) || has(self.vsHistory)`,
  },
  {
    must: 'have neither vsStable nor vsHistory for TrafficSplit and plain numbers: only counts can be compared',
    holds: (m) => !(m.istio === 'TrafficSplit' || isPlain(m)) || !isCompared(m),
    cel: `!((has(self.istio) && self.istio == 'TrafficSplit') || has(self.query) || has(self.http) || has(self.min)) || (!has(self.vsStable) && !has(self.vsHistory))`,
  },
  ...metricQueryChecks,
]

function isPlain({ query, http, min }: Metric): boolean {
  return query !== undefined || http !== undefined || min !== undefined
}

function isCompared({ vsStable: stable, vsHistory: history }: Metric): boolean {
  return stable !== undefined || history !== undefined
}

function hasMeasure(m: Metric): boolean {
  return m.max !== undefined || isCompared(m)
}

const metric = checked(metricFields, metricChecks).describe(
  'One measure of the canary, and what it is held against.',
)

/** Schema of `spec.analysis`. */
export const analysis = z
  .strictObject({
    interval: positiveDuration.default('15s').describe('Time between looks.'),
    warmup: duration
      .default('30s')
      .describe('Time at the start of each step whose requests are not counted.'),
    falseRollback: share
      .default('1%')
      .describe(
        'Chance of rolling back a canary no worse than tolerated, over the whole release, all metrics and all looks.',
      ),
    falsePromotion: share
      .default('5%')
      .describe('Chance that one step passes a canary that would harm more than the harm budget allows.'),
    metrics: namedList(metric, 10).min(1).describe('What is measured at every step.'),
    prometheus: ownPrometheus.optional(),
    patience: duration
      .default('30m')
      .describe(
        'Longest time after `hold` without a verdict. Time in which Prometheus could not be read does not count.',
      ),
    onPatience: z
      .enum(['Pause', 'Rollback', 'Promote'])
      .default('Pause')
      .describe(
        'What follows when patience ends and the evidence is not enough. Pause: the canary keeps its weight and stays guarded, and a later pass resumes. Promote: the next step, with a warning.',
      ),
    onNoData: z
      .enum(['Wait', 'Fail', 'Pass'])
      .default('Wait')
      .describe('What follows instead when patience ends and there was no request at all.'),
    onProviderError: z
      .enum(['Hold', 'Rollback'])
      .default('Hold')
      .describe(
        'What follows when Prometheus has not answered for as long as `patience`. Hold: the canary keeps its weight until it does.',
      ),
  })
  .describe('How the canary is judged.')

export type MetricSpec = Metric
