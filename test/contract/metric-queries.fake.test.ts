import { START } from '../core/shop.ts'
import { FakeMetricQueries } from '../fakes/metric-queries.ts'
import { metricQueriesContract } from './metric-queries.ts'

metricQueriesContract('in memory', async () => {
  const queries = new FakeMetricQueries()
  queries.tell('half', { kind: 'Number', value: 0.5 })
  queries.tell('several', { kind: 'Bad', reason: 'it has 2 elements' })
  queries.tell('(', { kind: 'Bad', reason: 'the query is refused' })
  const series = (...values: number[]) =>
    values.map((value, second) => [START + second * 1000, value] as const)
  queries.count('done_total{a="b"}', [{ instance: 'a', version: 'v1', samples: series(0, 30, 60) }])
  queries.count('failed_total{a="b"}', [{ instance: 'a', version: 'v1', samples: series(7, 7, 7) }])
  const unreachable = new FakeMetricQueries()
  unreachable.fail('ECONNREFUSED')
  return {
    queries,
    unreachable,
    half: 'half',
    nothing: 'nothing',
    several: 'several',
    broken: '(',
    counters: { bad: 'failed_total{a="b"}', total: 'done_total{a="b"}', versionLabel: 'version' },
    name: 'done_total',
    span: { fromMs: START, toMs: START + 2000 },
    close: async () => undefined,
  }
})
