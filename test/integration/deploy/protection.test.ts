import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../sandbox/kit/sluice.ts'
import { ALLOW_REMOVAL_ANNOTATION } from '../../../src/api/names.ts'
import type { Ask, ClusterAnswer, ClusterRequest } from '../../mesh/cluster.ts'
import { ProtectedCluster, rolloutPath } from './protected.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const cluster = new ProtectedCluster(workerSandbox())
const namespace = `protected-${process.pid}`
const elsewhere = `${namespace}-elsewhere`

const APPS = `/apis/apps/v1/namespaces/${namespace}`
const ISTIO = `/apis/networking.istio.io/v1/namespaces/${namespace}`
const V1 = `${APPS}/deployments/reviews-v1`

const SERVING = [
  'deployments.apps/reviews-v1',
  'deployments.apps/reviews-v0',
  'statefulsets.apps/reviews-v1',
  'daemonsets.apps/reviews-v1',
]

/** Refusals and permissions alike are asked for without anything being done. */
const DRY = 'dryRun=All'

beforeAll(async () => {
  await cluster.apply()
  await cluster.open(namespace)
  await cluster.open(elsewhere)
  await cluster.serve(namespace, SERVING)
  for (const path of [V1, `${ISTIO}/virtualservices/reviews`]) {
    await eventually(`${path} is protected`, async () => (await statusOf(del(path))) === 403)
  }
})

afterAll(async () => {
  await cluster.remove()
  for (const name of [namespace, elsewhere]) {
    await cluster.merge(rolloutPath(name), { metadata: { finalizers: [] } }).catch(() => undefined)
    await cluster.ask(del(`/api/v1/namespaces/${name}`, ''))
  }
})

function del(path: string, query = DRY): ClusterRequest {
  return { method: 'DELETE', path: `${path}?${query}` }
}

function merge(path: string, body: unknown): ClusterRequest {
  return { method: 'PATCH', path: `${path}?${DRY}`, body, contentType: 'application/merge-patch+json' }
}

function scale(path: string, replicas: number): ClusterRequest {
  return merge(`${path}/scale`, { spec: { replicas } })
}

/** As Argo CD and Flux write, with force. */
function apply(path: string, replicas: number): ClusterRequest {
  const metadata = { name: 'reviews-v1', namespace }
  return {
    method: 'PATCH',
    path: `${path}?${DRY}&fieldManager=gitops&force=true`,
    body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas } },
    contentType: 'application/apply-patch+yaml',
  }
}

async function statusOf(request: ClusterRequest, ask: Ask = cluster.ask): Promise<number> {
  return (await ask(request)).status
}

async function messageOf(request: ClusterRequest): Promise<string> {
  const answer: ClusterAnswer = await cluster.ask(request)
  expect(answer.status).toBe(403)
  return answer.body.message ?? ''
}

/** Reads an object, changes its spec, and writes it back whole. */
async function replace(path: string, spec: object): Promise<number> {
  const { body } = await cluster.ask({ method: 'GET', path })
  const changed = { ...body, spec: { ...(body['spec'] as object), ...spec } }
  return statusOf({ method: 'PUT', path: `${path}?${DRY}`, body: changed })
}

describe('a workload that serves', () => {
  it.each<[string, ClusterRequest]>([
    ['deleted', del(V1)],
    ['deleted in the foreground', del(V1, `${DRY}&propagationPolicy=Foreground`)],
    ['deleted with all others', del(`${APPS}/deployments`)],
    ['scaled to zero by its scale', scale(V1, 0)],
    ['scaled to zero by a patch', merge(V1, { spec: { replicas: 0 } })],
    ['scaled to zero by server-side apply', apply(V1, 0)],
    ['a StatefulSet that is deleted', del(`${APPS}/statefulsets/reviews-v1`)],
    ['a StatefulSet that is scaled to zero', scale(`${APPS}/statefulsets/reviews-v1`, 0)],
    ['a DaemonSet that is deleted', del(`${APPS}/daemonsets/reviews-v1`)],
  ])('is not %s', async (_, request) => {
    expect(await statusOf(request)).toBe(403)
  })

  it('is not replaced by one without pods', async () => {
    expect(await replace(V1, { replicas: 0 })).toBe(403)
    expect(await replace(`${V1}/scale`, { replicas: 0 })).toBe(403)
    expect(await replace(V1, { replicas: 3 })).toBe(200)
  })

  it.each<[string, ClusterRequest]>([
    ['scaled to one', scale(V1, 1)],
    ['scaled up by server-side apply', apply(V1, 5)],
    ['changed in other ways', merge(V1, { metadata: { labels: { team: 'shop' } }, spec: { paused: true } })],
    ['changed while it has no pods', merge(`${APPS}/deployments/reviews-v0`, { spec: { paused: true } })],
  ])('may be %s', async (_, request) => {
    expect(await statusOf(request)).toBe(200)
  })

  it('is told by its Rollout, and what to do', async () => {
    const message = await messageOf(scale(V1, 0))
    expect(message).toContain(
      `deployments.apps/reviews-v1 serves Rollout ${namespace}/reviews: its pods have traffic`,
    )
    expect(message).toContain(`kubectl annotate slr reviews -n ${namespace} ${ALLOW_REMOVAL_ANNOTATION}=true`)
  })

  it('is scaled down by Sluice itself', async () => {
    const sluice = cluster.as('system:serviceaccount:sluice-system:sluice')
    expect(await statusOf(scale(V1, 0), sluice)).toBe(200)
  })

  it('goes with the object that it belongs to', async () => {
    const collector = cluster.as('system:serviceaccount:kube-system:generic-garbage-collector')
    expect(await statusOf(del(V1), collector)).toBe(200)
  })

  it('goes when somebody says so on the Rollout, and only as long', async () => {
    const rollout = rolloutPath(namespace)
    await cluster.merge(rollout, { metadata: { annotations: { [ALLOW_REMOVAL_ANNOTATION]: 'true' } } })
    await expect.poll(async () => statusOf(del(V1))).toBe(200)
    expect(await statusOf(scale(V1, 0))).toBe(200)
    await cluster.merge(rollout, { metadata: { annotations: { [ALLOW_REMOVAL_ANNOTATION]: null } } })
    await expect.poll(async () => statusOf(del(V1))).toBe(403)
  })
})

describe('a workload that does not serve', () => {
  it.each<[string, ClusterRequest]>([
    ['deleted', del(`${APPS}/deployments/reviews-v2`)],
    ['deleted with all of its label', del(`${APPS}/deployments`, `${DRY}&labelSelector=app=reviews-v2`)],
    ['scaled to zero', scale(`${APPS}/deployments/reviews-v2`, 0)],
    ['deleted, whatever serves in another namespace', del(V1.replace(namespace, elsewhere))],
  ])('may be %s', async (_, request) => {
    expect(await statusOf(request)).toBe(200)
  })
})

describe('a mesh object with the mark of a Rollout', () => {
  it.each<[string, ClusterRequest]>([
    ['VirtualService', del(`${ISTIO}/virtualservices/reviews`)],
    [
      'VirtualService of another version of the API',
      del(`${ISTIO.replace('/v1/', '/v1beta1/')}/virtualservices/reviews`),
    ],
    ['DestinationRule', del(`${ISTIO}/destinationrules/reviews`)],
    ['VirtualService among all', del(`${ISTIO}/virtualservices`)],
  ])('is not deleted: a %s', async (_, request) => {
    expect(await statusOf(request)).toBe(403)
  })

  it('is told by all its Rollouts, and what to do', async () => {
    const message = await messageOf(del(`${ISTIO}/virtualservices/reviews`))
    expect(message).toContain(
      `virtualservices.networking.istio.io/reviews carries the traffic of Rollout ${namespace}/reviews, elsewhere/ratings.`,
    )
    const command = `kubectl annotate virtualservices.networking.istio.io reviews -n ${namespace}`
    expect(message).toContain(`${command} ${ALLOW_REMOVAL_ANNOTATION}=true`)
  })

  it('may be changed', async () => {
    const change = { metadata: { labels: { team: 'shop' } }, spec: { exportTo: ['.'] } }
    expect(await statusOf(merge(`${ISTIO}/virtualservices/reviews`, change))).toBe(200)
  })

  it('goes when somebody says so on the object', async () => {
    const rule = `${ISTIO}/destinationrules/reviews`
    await cluster.merge(rule, { metadata: { annotations: { [ALLOW_REMOVAL_ANNOTATION]: 'true' } } })
    expect(await statusOf(del(rule))).toBe(200)
  })

  it('may go if it is another, without a mark', async () => {
    expect(await statusOf(del(`${ISTIO}/virtualservices/ratings`))).toBe(200)
  })
})

describe('protection ends', () => {
  it('with the Rollout, for its workloads', async () => {
    expect(await statusOf(del(V1))).toBe(403)
    await cluster.ask(del(rolloutPath(namespace), ''))
    await expect.poll(async () => statusOf(del(V1))).toBe(200)
  })

  it('with the namespace', async () => {
    await cluster.serve(elsewhere, SERVING)
    await expect.poll(async () => statusOf(del(V1.replace(namespace, elsewhere)))).toBe(403)
    await cluster.merge(rolloutPath(elsewhere), { metadata: { finalizers: [] } })
    await cluster.ask(del(`/api/v1/namespaces/${elsewhere}`, ''))
    const gone = { method: 'GET', path: `/api/v1/namespaces/${elsewhere}` } as const
    await expect.poll(async () => statusOf(gone), { timeout: 60_000 }).toBe(404)
  })
})
