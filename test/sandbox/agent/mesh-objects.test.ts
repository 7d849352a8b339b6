import { expect, test } from 'vitest'
import {
  isPodOwned,
  meshHost,
  POD_UID_LABEL,
  sidecar,
  workloadEntry,
} from '../../../sandbox/agent/mesh-objects.ts'
import { scrapeTarget, workloadName } from '../../../sandbox/agent/sidecar-config.ts'
import { demoPod } from './pods.ts'

test("a WorkloadEntry has the pod's name, labels and account, and belongs to the pod", () => {
  const entry = workloadEntry(demoPod(), ['http'], { address: '127.0.0.1', port: 4000 })
  expect(entry.metadata).toMatchObject({ name: 'reviews-v1-abc', namespace: 'shop' })
  expect(entry.spec).toEqual({
    address: '127.0.0.1',
    labels: { app: 'reviews', version: 'v1' },
    ports: { http: 4000 },
    serviceAccount: 'default',
  })
  expect(isPodOwned(entry)).toBe(true)
  expect(isPodOwned({ metadata: { name: 'of-the-user' } })).toBe(false)
})

test("a Sidecar resource opens one dependency at the pod's own address", () => {
  const { spec } = sidecar(demoPod(), { dependency: { host: 'ratings', port: 9080, address: '127.70.0.1' } })
  expect(spec['egress']).toEqual([
    {
      port: { number: 9080, protocol: 'HTTP', name: 'http' },
      bind: '127.70.0.1',
      captureMode: 'NONE',
      hosts: ['*/ratings.shop.svc.cluster.local'],
    },
  ])
  expect(spec).not.toHaveProperty('ingress')
})

test('a Sidecar resource for calls to the pod hands them on to the app, and opens nothing else of the mesh', () => {
  const { spec } = sidecar(demoPod(), { inbound: { address: '127.70.0.2', port: 9080, appPort: 4000 } })
  expect(spec).toMatchObject({
    workloadSelector: { labels: { [POD_UID_LABEL]: 'uid-1' } },
    egress: [{ hosts: ['~/*'] }],
    ingress: [
      {
        port: { number: 9080, protocol: 'HTTP', name: 'http' },
        bind: '127.70.0.2',
        captureMode: 'NONE',
        defaultEndpoint: '127.0.0.1:4000',
      },
    ],
  })
})

test.each([
  ['ratings', 'ratings.shop.svc.cluster.local'],
  ['ratings.other', 'ratings.other.svc.cluster.local'],
  ['ratings.other.svc', 'ratings.other.svc.cluster.local'],
  ['ratings.other.svc.cluster.local', 'ratings.other.svc.cluster.local'],
  ['api.example.com', 'api.example.com'],
])('the host %s is %s in the mesh', (host, full) => {
  expect(meshHost(host, 'shop')).toBe(full)
})

test('the scrape target of a sidecar says whose calls its statistics count', () => {
  const [target] = scrapeTarget({ pod: demoPod(), address: '127.70.0.1', adminPort: 4001 })
  expect(target).toMatchObject({
    targets: ['127.70.0.1:4001'],
    labels: { source_version: 'v1', source_app: 'reviews', source_workload_namespace: 'shop' },
  })
})

test("a pod's workload is its Deployment, else its owner, else itself", () => {
  const owner = (name: string) => [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: 'u' }]
  const labels = { 'pod-template-hash': '7f9c' }
  expect(workloadName({ metadata: { ownerReferences: owner('reviews-v1-7f9c'), labels } })).toBe('reviews-v1')
  expect(workloadName({ metadata: { ownerReferences: owner('db') } })).toBe('db')
  expect(workloadName({ metadata: { name: 'alone' } })).toBe('alone')
})
