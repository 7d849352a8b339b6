import { expect, test } from 'vitest'
import { podMetrics } from '../../../../sandbox/agent/metrics/pod-metrics.ts'
import { queryOf } from '../../../../sandbox/agent/metrics/server.ts'

const BASE = '/apis/metrics.k8s.io/v1beta1'

test.each([
  [`${BASE}/pods`, null, {}],
  [`${BASE}/namespaces/shop/pods`, 'app=reviews', { namespace: 'shop', labelSelector: 'app=reviews' }],
  [`${BASE}/namespaces/shop/pods/a-1`, null, { namespace: 'shop', name: 'a-1' }],
  [`${BASE}/nodes`, null, undefined],
  ['/apis', null, undefined],
  ['/namespaces/shop/pods', null, undefined],
])('%s with the selector %j asks for %j', (path, selector, query) => {
  expect(queryOf(path, selector)).toEqual(query)
})

test('a pod is shown with what its process uses', () => {
  const pod = {
    metadata: { name: 'a', namespace: 'shop', labels: { app: 'reviews' } },
    spec: { containers: [{ name: 'app' }] },
  }
  expect(podMetrics(pod, { cores: 0.25, at: 0, windowMs: 1_500 }, 3 * 1024)).toEqual({
    metadata: {
      name: 'a',
      namespace: 'shop',
      labels: { app: 'reviews' },
      creationTimestamp: '1970-01-01T00:00:00.000Z',
    },
    timestamp: '1970-01-01T00:00:00.000Z',
    window: '1.500s',
    containers: [{ name: 'app', usage: { cpu: '250000000n', memory: '3Ki' } }],
  })
})
