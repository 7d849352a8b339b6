import { expect, it } from 'vitest'
import type { Caches } from '../../../src/adapters/kubernetes/caches.ts'
import { workloadsOf } from '../../../src/adapters/kubernetes/workloads.ts'
import { templateHashOf } from '../../../src/core/policy/templates.ts'

/** A Deployment as the API server gives it. */
const DEPLOYMENT = {
  kind: 'Deployment',
  metadata: { namespace: 'shop', name: 'reviews-v2', uid: 'uid-1', resourceVersion: '7', generation: 3 },
  spec: {
    replicas: 2,
    template: {
      metadata: { creationTimestamp: null, labels: { app: 'reviews', version: 'v2' } },
      spec: { containers: [{ name: 'app', image: 'example.com/reviews:2.0' }], restartPolicy: 'Always' },
    },
  },
  status: { readyReplicas: 2 },
}

function hashOf(deployment: object): string {
  const objects = { list: () => [deployment] }
  const caches = {
    workloads: [{ kind: { plural: 'deployments' }, resource: 'deployments.apps', objects }],
  } as object as Caches
  return templateHashOf(workloadsOf(caches).workloads('shop', { version: 'v2' }))
}

// Why it must: test/core/policy/templates.test.ts.
it('the template hash of a Deployment stays the same in all versions of Sluice', () => {
  expect(hashOf(DEPLOYMENT)).toBe('1ftg6d91cvbkff')
})

it('the template hash tells nothing of replicas, status or what else changes while pods stay the same', () => {
  const metadata = { ...DEPLOYMENT.metadata, uid: 'uid-2', resourceVersion: '8', generation: 4 }
  const scaled = { ...DEPLOYMENT, metadata, spec: { ...DEPLOYMENT.spec, replicas: 9 }, status: {} }
  expect(hashOf(scaled)).toBe(hashOf(DEPLOYMENT))
})
