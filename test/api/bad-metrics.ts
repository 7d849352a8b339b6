import type { JsonObject } from './specs.ts'

/** Metrics of a Rollout: those that are taken, and those that are not. */

const COUNTS = { bad: 'a_total', total: 'b_total' }
const HTTP = { url: 'http://a', jsonPath: '$' }
const REF = { name: 'conversion' }

export const goodMetrics: readonly { readonly claim: string; readonly metric: JsonObject }[] = [
  { claim: 'a query with a lower limit', metric: { query: 'up', min: '0.02' } },
  { claim: 'a query with both limits alike', metric: { query: 'up', min: '-1.5', max: '-1.5' } },
  { claim: 'a web address with an upper limit', metric: { http: HTTP, max: '3', failureLimit: 2 } },
  { claim: 'counts with a share', metric: { counts: COUNTS, max: '0.5%' } },
  { claim: 'counts held against stable', metric: { counts: COUNTS, vsStable: {} } },
  { claim: 'a template of a plain number', metric: { templateRef: REF, min: '1', consecutiveFailures: 3 } },
  { claim: 'a template of counts', metric: { templateRef: REF, max: '1%' } },
  {
    claim: 'a template with arguments',
    metric: { templateRef: { ...REF, args: [{ name: 'a', value: '"}' }] }, max: '1' },
  },
  { claim: 'Istio’s errors with a share', metric: { istio: 'ErrorRate', max: '1%' } },
  {
    claim: 'Istio’s errors held against stable and the past',
    metric: { istio: 'ClientErrorRate', vsStable: { harmBudget: '1%' }, vsHistory: { tolerance: '0%' } },
  },
  { claim: 'a latency with a limit', metric: { istio: 'Latency', percentile: 99.9, max: '2s' } },
  {
    claim: 'a latency without a limit, held against stable',
    metric: { istio: 'Latency', vsStable: { relativeTolerance: '10%' } },
  },
  { claim: 'the split of the traffic', metric: { istio: 'TrafficSplit' } },
  { claim: 'the split of the traffic, with its deviation', metric: { istio: 'TrafficSplit', max: '10%' } },
  {
    claim: 'a template of counts, held against stable with a budget',
    metric: { templateRef: REF, vsStable: { tolerance: '2%', harmBudget: '10%' } },
  },
  { claim: 'one that only reports', metric: { query: 'up', min: '1', mode: 'DryRun', weight: 'Normal' } },
]

const SOURCES = 'must have exactly one of istio, templateRef, query, counts, http'
const PLAIN = 'must be absent for istio and counts: it is for plain numbers only'
const AGAINST = 'must have max, vsStable or vsHistory: something to hold the canary against'
const COMPARED =
  'must have neither vsStable nor vsHistory for TrafficSplit and plain numbers: only counts can be compared'
const PERCENTILE = 'percentile: must be absent: it is for Latency with max only, found 99'
const DECIMAL = 'must be a decimal number in quotes'

export const badMetrics: readonly {
  readonly claim: string
  readonly metric: JsonObject
  readonly problem: string
  /** What the API server says where it words it by itself. */
  readonly server?: string
}[] = [
  { claim: 'of no source', metric: { max: '1' }, problem: SOURCES },
  { claim: 'of two sources', metric: { query: 'up', http: HTTP, max: '1' }, problem: SOURCES },
  { claim: 'Istio’s and a query', metric: { istio: 'ErrorRate', query: 'up', max: '1%' }, problem: SOURCES },
  ...[{ istio: 'ErrorRate' }, { istio: 'Latency' }, { counts: COUNTS }, { templateRef: REF }].map(
    (metric) => ({
      claim: 'one that is held against nothing',
      metric,
      problem: AGAINST,
    }),
  ),
  ...[{ vsStable: {} }, { vsHistory: {} }].flatMap((compared) =>
    [
      { istio: 'TrafficSplit' },
      { query: 'up', max: '1' },
      { http: HTTP, max: '1' },
      { templateRef: REF, min: '1' },
    ].map((metric) => ({
      claim: 'compared, and not counted',
      metric: { ...metric, ...compared },
      problem: COMPARED,
    })),
  ),
  ...[
    { istio: 'ErrorRate', max: '1%' },
    { istio: 'Latency', vsStable: {} },
    { query: 'up', max: '1' },
  ].map((metric) => ({
    claim: 'one whose percentile says nothing',
    metric: { ...metric, percentile: 99 },
    problem: PERCENTILE,
  })),
  {
    claim: 'a latency of no percentile',
    metric: { istio: 'Latency', max: '500ms' },
    problem: 'percentile: must be set for Latency with max, such as 99 for p99',
  },
  {
    claim: 'a query without a limit',
    metric: { query: 'up' },
    problem: 'must have min, max or both for query and http',
  },
  {
    claim: 'a query with a share',
    metric: { query: 'up', max: '1%' },
    problem: `max: ${DECIMAL} for query and http, such as "0.02", found "1%"`,
  },
  {
    claim: 'a query with a number in a form of its own',
    metric: { query: 'up', min: '1e3' },
    problem: `min: ${DECIMAL}, such as "0.02" or "-1.5", found "1e3"`,
  },
  {
    claim: 'counts with a plain number',
    metric: { counts: COUNTS, max: '0.5' },
    problem: 'max: must be a percentage above 0% and below 100% for counts, such as 1% or 0.25%, found "0.5"',
  },
  {
    claim: 'a template with a limit that is neither',
    metric: { templateRef: REF, max: '500ms' },
    problem:
      'max: must be a decimal number in quotes or a percentage for templateRef, such as "0.02" or 1%, found "500ms"',
  },
  {
    claim: 'one whose limits leave nothing',
    metric: { query: 'up', min: '2', max: '-1' },
    problem: 'max: must not be below min, found "-1"',
  },
  ...[{ istio: 'ErrorRate' }, { counts: COUNTS }].flatMap((source) => [
    { claim: 'counted, with min', metric: { ...source, max: '1%', min: '1' }, problem: `min: ${PLAIN}` },
    {
      claim: 'counted, with failureLimit',
      metric: { ...source, max: '1%', failureLimit: 1 },
      problem: `failureLimit: ${PLAIN}`,
    },
    {
      claim: 'counted, with consecutiveFailures',
      metric: { ...source, max: '1%', consecutiveFailures: 1 },
      problem: `consecutiveFailures: ${PLAIN}`,
    },
  ]),
  {
    claim: 'one that bears less than nothing',
    metric: { query: 'up', max: '1', failureLimit: -1 },
    problem: 'failureLimit: must be at least 0, found -1',
    server: 'greater than or equal to 0',
  },
  {
    claim: 'one that never fails in a row',
    metric: { query: 'up', max: '1', consecutiveFailures: 0 },
    problem: 'consecutiveFailures: must be at least 1, found 0',
    server: 'greater than or equal to 1',
  },
  {
    claim: 'an argument that refers to another one',
    metric: { templateRef: { ...REF, args: [{ name: 'a', value: '{{ args.b }}' }] }, max: '1' },
    problem:
      'templateRef.args[0].value: must have no {{ in it: parameters are not filled into values of parameters, found "{{ args.b }}"',
  },
]
