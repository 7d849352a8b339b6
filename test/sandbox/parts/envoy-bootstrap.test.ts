import { expect, test } from 'vitest'
import { envoyBootstrap } from '../../../sandbox/parts/envoy-bootstrap.ts'

const proxy = {
  kind: 'sidecar',
  address: '127.0.0.12',
  name: 'reviews-1',
  namespace: 'shop',
  labels: { app: 'reviews' },
  adminPort: 15_001,
  xds: '127.0.0.1:15010',
} as const

test('istiod is told name, namespace, labels and that nothing is intercepted', () => {
  expect(envoyBootstrap(proxy)).toMatchObject({
    node: {
      id: 'sidecar~127.0.0.12~reviews-1.shop~shop.svc.cluster.local',
      metadata: { NAMESPACE: 'shop', LABELS: { app: 'reviews' }, INTERCEPTION_MODE: 'NONE' },
    },
    admin: { address: { socket_address: { address: '127.0.0.12', port_value: 15_001 } } },
  })
})

test('a gateway has no interception mode', () => {
  expect(JSON.stringify(envoyBootstrap({ ...proxy, kind: 'router' }))).not.toContain('INTERCEPTION_MODE')
})

test('the tags take cluster, code and listener out of the names of statistics', () => {
  const { stats_config: config } = envoyBootstrap(proxy) as {
    stats_config: { stats_tags: { tag_name: string; regex: string }[] }
  }
  const tags = (stat: string) =>
    Object.fromEntries(config.stats_tags.map((tag) => [tag.tag_name, new RegExp(tag.regex).exec(stat)?.[2]]))
  const cluster = 'outbound|9080|v2|reviews.shop.svc.cluster.local'
  expect(tags(`cluster.${cluster};.upstream_rq_503`)).toEqual({
    cluster_name: cluster,
    response_code: '503',
    response_code_class: undefined,
  })
  expect(tags(`cluster.${cluster};.upstream_rq_5xx`)).toMatchObject({ response_code_class: '5xx' })
  expect(tags(`cluster.${cluster};.upstream_rq_time`)).toMatchObject({ response_code: undefined })
  const listener = 'outbound_127.85.208.115_9080'
  expect(tags(`http.${listener};.fault.delays_injected`)).toMatchObject({ listener, cluster_name: undefined })
})

test('only the statistics of use are kept', () => {
  const { stats_config: config } = envoyBootstrap(proxy) as {
    stats_config: { stats_matcher: { inclusion_list: { patterns: { safe_regex: { regex: string } }[] } } }
  }
  const patterns = config.stats_matcher.inclusion_list.patterns.map(({ safe_regex: { regex } }) => regex)
  const isKept = (stat: string) => patterns.some((pattern) => new RegExp(`^(${pattern})$`).test(stat))
  const cluster = 'cluster.outbound|9080|v2|reviews.shop.svc.cluster.local;'
  const kept = [
    `${cluster}.upstream_rq_200`,
    `${cluster}.upstream_rq_time`,
    'cluster.inbound|9080||;.upstream_rq_503',
    'cluster.inbound|9080||;.upstream_rq_time',
    'http.outbound_0.0.0.0_8080;.downstream_rq_5xx',
    'http.outbound_0.0.0.0_8080;.fault.aborts_injected',
    'http.outbound_0.0.0.0_8080;.fault.delays_injected',
  ]
  const spared = [
    `${cluster}.upstream_rq_2xx`,
    // Attempts that the caller does not see.
    `${cluster}.retry.upstream_rq_503`,
    'cluster.InboundPassthroughCluster;.upstream_rq_200',
    `${cluster}.upstream_cx_total`,
    `${cluster}.external.upstream_rq_200`,
    'http.admin.downstream_cx_total',
    'http.outbound_0.0.0.0_8080;.fault.active_faults',
    // The same faults once more, under the name that the caller gives itself.
    'http.outbound_0.0.0.0_8080;.fault.browser.aborts_injected',
    'http.outbound_0.0.0.0_8080;.fault.fault.aborts_injected',
  ]
  expect([...kept, ...spared].filter(isKept)).toEqual(kept)
})
