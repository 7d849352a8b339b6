import { describe, expect, test } from 'vitest'
import { prometheusConfig } from '../../../sandbox/parts/prometheus-config.ts'

interface Rule {
  source_labels?: string[]
  regex: string
  action?: string
  target_label?: string
  replacement?: string
}
type Series = Record<string, string>

interface Config {
  scrape_configs: { metric_relabel_configs: Rule[] }[]
}

const plain = prometheusConfig('127.0.0.1:1', '/targets')

/** What Prometheus makes of a series, after its documentation. */
function relabel(series: Series, config = plain): Series | undefined {
  let labels: Series | undefined = { ...series }
  for (const rule of (config as Config).scrape_configs[0]?.metric_relabel_configs ?? [])
    labels = labels && applyRule(rule, labels)
  return labels
}

function applyRule(rule: Rule, labels: Series): Series | undefined {
  const regex = new RegExp(`^(?:${rule.regex})$`)
  if (rule.action === 'labeldrop') {
    return Object.fromEntries(Object.entries(labels).filter(([name]) => !regex.test(name)))
  }
  const match = regex.exec((rule.source_labels ?? []).map((name) => labels[name] ?? '').join(';'))
  if (rule.action === 'drop') return match ? undefined : labels
  if (!match || rule.target_label === undefined) return labels
  const value = (rule.replacement ?? '').replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '')
  return { ...labels, [rule.target_label]: value }
}

function upstream(subset: string, more: Series = {}): Series {
  const cluster = `outbound|9080|${subset}|reviews.shop.svc.cluster.local`
  return { __name__: 'envoy_cluster_upstream_rq', cluster_name: cluster, response_code: '200', ...more }
}

test('requests to a subset become istio_requests_total', () => {
  expect(relabel(upstream('v2'))).toEqual({
    __name__: 'istio_requests_total',
    reporter: 'source',
    response_code: '200',
    response_flags: '-',
    destination_version: 'v2',
    destination_workload: 'reviews-v2',
    destination_service: 'reviews.shop.svc.cluster.local',
    destination_service_name: 'reviews',
    destination_service_namespace: 'shop',
  })
})

describe('the version', () => {
  test.each([
    ['v2-0k3m9zz', 'v2'],
    ['v2-1z141z3', 'v2'],
    ['v2-release', 'v2-release'],
    ['2026-11-21', '2026-11-21'],
    ['', 'unknown'],
  ])('of subset "%s" is "%s"', (subset, version) => {
    expect(relabel(upstream(subset))?.['destination_version']).toBe(version)
  })
})

describe('of a subset whose name does not tell', () => {
  const pods = { host: 'reviews.shop.svc.cluster.local', subset: 'v1-2-0abcdef', workload: 'reviews-new' }
  const known = prometheusConfig('127.0.0.1:1', '/targets', [{ ...pods, version: 'v1.2' }])

  test('version and workload are those of its pods', () => {
    const labels = { destination_version: 'v1.2', destination_workload: 'reviews-new' }
    expect(relabel(upstream('v1-2-0abcdef'), known)).toMatchObject(labels)
    const anonymous = prometheusConfig('127.0.0.1:1', '/targets', [pods])
    expect(relabel(upstream('v1-2-0abcdef'), anonymous)).toMatchObject({
      ...labels,
      destination_version: 'unknown',
    })
  })

  test('others stay as they are', () => {
    expect(relabel(upstream('v1-2'), known)).toMatchObject({ destination_version: 'v1-2' })
  })
})

test('durations keep their buckets', () => {
  const bucket = { __name__: 'envoy_cluster_upstream_rq_time_bucket', le: '500' }
  expect(relabel(upstream('v2', bucket))).toMatchObject({
    __name__: 'istio_request_duration_milliseconds_bucket',
    le: '500',
  })
})

test('no request is counted twice', () => {
  expect(relabel(upstream('v2', { response_code: '', response_code_class: '2xx' }))).toBeUndefined()
})

test.each(['xds-grpc', 'InboundPassthroughCluster', 'BlackHoleCluster', ''])(
  'the cluster "%s", which is no service, is left out',
  (cluster_name) => {
    expect(relabel(upstream('v2', { cluster_name }))).toBeUndefined()
  },
)

describe("what a pod's own proxy counts", () => {
  const pod = {
    source_app: 'reviews',
    source_version: 'v2',
    source_workload: 'reviews-v2',
    source_workload_namespace: 'shop',
    pod: 'reviews-v2-abc',
  }

  test('of calls to the pod is told by the destination, whose labels are those of the pod', () => {
    const told = relabel(upstream('v2', { ...pod, cluster_name: 'inbound|9080||', response_code: '503' }))
    expect(told).toEqual({
      ...relabel(upstream('v2')),
      response_code: '503',
      reporter: 'destination',
      pod: 'reviews-v2-abc',
      source_app: 'unknown',
      source_version: 'unknown',
      source_workload: 'unknown',
      source_workload_namespace: 'unknown',
    })
  })

  test('of calls by the pod is told by the source, whose labels are those of the pod', () => {
    expect(relabel(upstream('v7', pod))).toEqual({ ...relabel(upstream('v7')), ...pod })
  })
})

describe('injected faults', () => {
  const pod = {
    source_app: 'reviews',
    source_version: 'v2',
    source_workload: 'reviews-v2',
    pod: 'reviews-v2-abc',
  }
  const fault = (__name__: string) => ({ ...pod, __name__, listener: 'outbound_127.85.208.115_9080' })

  test.each([
    ['aborts', 'FI'],
    ['delays', 'DI'],
  ])('that are %s become requests of the source with the flag %s, for nobody known', (name, flag) => {
    expect(relabel(fault(`envoy_http_fault_${name}_injected`))).toEqual({
      ...fault('istio_requests_total'),
      reporter: 'source',
      response_code: '0',
      response_flags: flag,
      destination_service: 'unknown',
      destination_service_name: 'unknown',
      destination_service_namespace: 'unknown',
      destination_version: 'unknown',
      destination_workload: 'unknown',
    })
  })

  test.each(['active_faults', 'faults_overflow', 'response_rl_injected', 'browser_aborts_injected'])(
    'are not what %s counts',
    (name) => {
      const series = fault(`envoy_http_fault_${name}`)
      expect(relabel(series)).toEqual(series)
    },
  )
})

test('series of others stay as they are', () => {
  const series = { __name__: 'sluice_releases', result: 'promoted' }
  expect(relabel(series)).toEqual(series)
})
