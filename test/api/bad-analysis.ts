import { badMetrics } from './bad-metrics.ts'
import { NO_SHARES, badDurations, badShares, badTolerances, zeroDurations } from './bad-quantities.ts'
import { badPrometheus } from './bad-prometheus.ts'
import { badSources } from './bad-sources.ts'
import { rolloutRows as rows } from './rows.ts'
import { exampleWith, pathText } from './specs.ts'
import type { BadSpec, Path } from './specs.ts'

/** Bad `spec.analysis` of a Rollout. */

const METRICS: Path = ['analysis', 'metrics']
const FIRST: Path = [...METRICS, 0]
const LATENCY: Path = [...METRICS, 1]
const ARGS: Path = [...FIRST, 'templateRef', 'args']

const judging = [
  ...['interval', 'warmup', 'patience'].flatMap((key) => badDurations(['analysis', key])),
  ...zeroDurations(['analysis', 'interval']),
  ...['falseRollback', 'falsePromotion'].flatMap((key) => badShares(['analysis', key])),
]

const limits = [
  ...NO_SHARES.map((value) =>
    rows.form(
      [...FIRST, 'max'],
      value,
      'must be a percentage above 0% and below 100% for Istio’s metrics except Latency, such as 1% or 0.25%',
    ),
  ),
  ...['', '500', '500 ms', '0.5s', '0ms', '1%'].map((value) =>
    rows.form(
      [...LATENCY, 'max'],
      value,
      'must be a duration longer than 0s for Latency, such as 500ms or 2s',
    ),
  ),
  ...[0.99, 0, -99, 49.9, 99.995, 100, 101].map((value) =>
    rows.form([...LATENCY, 'percentile'], value, 'must be from 50 to 99.99, such as 99 for p99'),
  ),
  ...['', '1e3', '1.', '.5', '+1', '0,5', '1%', '1234567890123'].map((value) =>
    rows.form([...FIRST, 'min'], value, 'must be a decimal number in quotes, such as "0.02" or "-1.5"'),
  ),
  rows.tooLong([...FIRST, 'max'], 20),
  rows.tooLong([...FIRST, 'min'], 20),
  ...badDurations([...FIRST, 'interval']),
  ...zeroDurations([...FIRST, 'interval']),
  rows.bound(
    [...FIRST, 'failureLimit'],
    1001,
    'less than or equal to 1000',
    'must be at most 1000, found 1001',
  ),
  rows.bound(
    [...FIRST, 'consecutiveFailures'],
    1001,
    'less than or equal to 1000',
    'must be at most 1000, found 1001',
  ),
  rows.bound([...FIRST, 'failureLimit'], 0.5, 'must be of type integer', 'must be a whole number, found 0.5'),
]

const LARGER = 'must be larger than tolerance (where absent: harmBudget 0.25%, tolerance 0.1%)'

const comparisons = [
  ...['vsStable', 'vsHistory'].flatMap((key) => [
    ...badTolerances([...FIRST, key, 'tolerance']),
    ...badTolerances([...FIRST, key, 'relativeTolerance']),
  ]),
  ...badShares([...FIRST, 'vsStable', 'harmBudget']),
  ...[
    { harmBudget: '0.1%' },
    { harmBudget: '0.05%', tolerance: '0.1%' },
    { harmBudget: '9%', tolerance: '10%' },
  ].map((value) => harm(rows.form([...FIRST, 'vsStable'], value, LARGER, `"${value.harmBudget}"`))),
  harm(rows.form([...FIRST, 'vsStable'], { tolerance: '0.3%' }, LARGER, '"0.25%"')),
]

function harm(row: BadSpec): BadSpec {
  return { ...row, field: `${row.field}.harmBudget` }
}

const references = [
  ...['', 'Conversion', 'a..b', 'shop/conversion'].map((value) =>
    rows.form([...FIRST, 'templateRef', 'name'], value, 'must be the name of an object (1 to 253 lower-case'),
  ),
  ...['', '1a', 'a.b', 'a b', 'ä'].map((value) =>
    rows.form([...ARGS, 0, 'name'], value, 'must be the name of a parameter (1 to 63 letters, digits'),
  ),
  ...['{{ args.country }}', 'a{{'].map((value) =>
    rows.form([...ARGS, 0, 'value'], value, 'must have no {{ in it: parameters are not filled into values'),
  ),
  rows.twice(ARGS, { name: 'a', value: '1' }),
  rows.tooMany(
    ARGS,
    Array.from({ length: 21 }, (_, index) => ({ name: `a${index}`, value: '1' })),
  ),
  rows.tooLong([...FIRST, 'templateRef', 'name'], 253),
  rows.tooLong([...ARGS, 0, 'name'], 63),
  rows.tooLong([...ARGS, 0, 'value'], 1024),
]

const lists = [
  ...['', 'Error_Rate', 'error.rate'].map((value) =>
    rows.form([...FIRST, 'name'], value, 'must be a DNS label (1 to 63 lower-case letters'),
  ),
  rows.tooLong([...FIRST, 'name'], 63),
  rows.tooFew(METRICS),
  rows.tooMany(
    METRICS,
    Array.from({ length: 11 }, (_, index) => ({ name: `m${index}`, istio: 'ErrorRate', max: '1%' })),
  ),
  rows.twice(METRICS, { name: 'error-rate', istio: 'ErrorRate', max: '1%' }),
]

// The rules of a metric as a whole.
const metrics = badMetrics.map(({ claim, metric, problem, server }): BadSpec => {
  const { field = '', must = problem } = /^(?<field>[\w.[\]]+): (?<must>.*)$/s.exec(problem)?.groups ?? {}
  return {
    claim: `spec.analysis.metrics[0]: ${claim}`,
    spec: exampleWith(FIRST, { name: 'own', ...metric }),
    field: [pathText(FIRST), field].filter((part) => part !== '').join('.'),
    server: [server ?? must],
    parser: [problem],
  }
})

/** Bad Rollouts whose analysis is to blame. */
export const badAnalysis: readonly BadSpec[] = [
  ...judging,
  ...limits,
  ...comparisons,
  ...references,
  ...badSources(rows, FIRST),
  ...lists,
  ...metrics,
  ...badPrometheus,
]
