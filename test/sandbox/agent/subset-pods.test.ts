import { describe, expect, it } from 'vitest'
import { subsetPods } from '../../../sandbox/agent/metrics/subset-pods.ts'

const HOST = 'reviews.shop.svc.cluster.local'

function aRule(name: string, labels: Record<string, string>, host = HOST) {
  return { metadata: { name: 'reviews', namespace: 'shop' }, spec: { host, subsets: [{ name, labels }] } }
}

function aPod(workload: string, labels: Record<string, string>, namespace = 'shop') {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${workload}-5d4f`, uid: 'u' }]
  const all = { app: 'reviews', 'pod-template-hash': '5d4f', ...labels }
  return { metadata: { name: `${workload}-5d4f-x`, namespace, labels: all, ownerReferences } }
}

describe('pods behind a subset', () => {
  it('are not told of when its name says it all', () => {
    const pods = [aPod('reviews-v1', { version: 'v1' })]
    expect(subsetPods([aRule('v1', { version: 'v1' })], pods)).toEqual([])
    expect(subsetPods([aRule('v1-0abcdef', { version: 'v1' }, 'reviews')], pods)).toEqual([])
  })

  it.each([
    ['version', { version: 'v1.2_rc.1' }, { version: 'v1.2_rc.1' }],
    ['other version label', { release: 'v1' }, {}],
    ['second version label', { version: 'v1', 'app.kubernetes.io/version': '1.2' }, { version: '1.2' }],
  ])('are told of by their own %s', (_, labels, told) => {
    const pods = [aPod('reviews-a', labels)]
    expect(subsetPods([aRule('v1', labels)], pods)).toEqual([
      { host: HOST, subset: 'v1', workload: 'reviews-a', ...told },
    ])
  })

  it('are those of the service in its namespace that have the labels', () => {
    const rule = aRule('v1', { release: 'v1' })
    expect(subsetPods([rule], [aPod('reviews-a', { release: 'v2' })])).toEqual([])
    expect(subsetPods([rule], [aPod('reviews-a', { release: 'v1' }, 'other')])).toEqual([])
    expect(subsetPods([rule], [aPod('ratings-a', { app: 'ratings', release: 'v1' })])).toEqual([])
  })
})
