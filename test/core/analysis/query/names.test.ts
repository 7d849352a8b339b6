import { describe, expect, it } from 'vitest'
import { metricNamesIn, nearestNames, noSuchMetric } from '../../../../src/core/analysis/query/names.ts'

const KNOWN = [
  'istio_requests_total',
  'istio_request_bytes_sum',
  'istio_tcp_sent_bytes_total',
  'up',
  'http_requests',
]

describe('the nearest names', () => {
  it('are those with the fewest changes', () => {
    expect(nearestNames('istio_request_total', KNOWN)).toEqual(['istio_requests_total'])
    expect(nearestNames('Up', KNOWN)).toEqual(['up'])
  })

  it('are none where all are far', () => {
    expect(nearestNames('orders_total', KNOWN)).toEqual([])
    expect(nearestNames('x', [])).toEqual([])
  })

  it('are three at most, in the order of the alphabet where they are as near', () => {
    const many = ['orders_e', 'orders_d', 'orders_c', 'orders_b']
    expect(nearestNames('orders_a', many)).toEqual(['orders_b', 'orders_c', 'orders_d'])
  })

  it('are named with what is missing', () => {
    expect(noSuchMetric('istio_request_total', KNOWN)).toBe(
      'there is no metric istio_request_total; nearest: istio_requests_total',
    )
    expect(noSuchMetric('orders', KNOWN)).toBe('there is no metric orders')
  })
})

describe('the metrics that a query reads', () => {
  it.each([
    ['up', ['up']],
    [
      'sum(rate(orders_total{a="b"}[5m])) by (pod) / sum by (pod) (rate(visits_total[5m:1m]))',
      ['orders_total', 'visits_total'],
    ],
    ['histogram_quantile(0.99, sum(rate(a:b_bucket[1m])) by (le)) > 1e5', ['a:b_bucket']],
    ['a offset 5m unless on (pod) b or vector(0)', ['a', 'b']],
    [`label_replace(a, "x", '$1', "y", \`(.*)\`)`, ['a']],
    ['{__name__="orders_total", a="b"}', ['orders_total']],
    ['a + a', ['a']],
    ['1 + 2', []],
  ])('are named in %s', (query, names) => {
    expect(metricNamesIn(query)).toEqual(names)
  })
})
