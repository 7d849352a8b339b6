import { readFileSync } from 'node:fs'
import type { KubernetesObject, V1ClusterRole, V1ConfigMap, V1RoleBinding } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Shop, hasWeight, quickSpec, standing } from '../../../sandbox/kit/shop.ts'
import { startSluice } from '../../../sandbox/kit/sluice.ts'
import type { SluiceProcess } from '../../../sandbox/kit/sluice.ts'
import { startLoadProcess } from '../../../sandbox/load/index.ts'
import type { LoadProcess } from '../../../sandbox/load/index.ts'
import { applyObjects, demoDeployment } from '../../../sandbox/manifests/index.ts'
import type { DemoWorkload } from '../../../sandbox/manifests/index.ts'
import { baseObject } from '../../deploy/base.ts'
import { rightsOf } from '../../deploy/rights.ts'
import { stopAt, strangerWrites } from '../../e2e/harness.ts'
import { Installation } from './installation.ts'
import { workerSandbox } from '../../mesh/sandbox.ts'

const env = workerSandbox()
const namespace = `deploy-${process.pid}`
const installation = new Installation(env)
const shop = new Shop(env, namespace)

/** Asked of the API server only after somebody else wrote the object at the same moment. */
const RARE = [
  'get sluice.dev rollouts',
  'get apps deployments/scale',
  'get apps statefulsets/scale',
  'get autoscaling horizontalpodautoscalers',
]

let sluice: SluiceProcess
let load: LoadProcess

beforeAll(async () => {
  await installation.apply()
  await shop.open()
  await shop.reachable()
  load = await startLoadProcess({ url: env.gateway, host: shop.host, ratePerSecond: 150 })
  sluice = await startSluice(env, { name: 'sluice-deploy', settings: settings() })
  await sluice.ready()
})

afterAll(async () => {
  await sluice?.stop()
  await load?.stop()
  await shop.close()
  await installation.remove()
})

/** Those of the ConfigMap, but for addresses, which are the sandbox's. */
function settings(): Record<string, string> {
  const { SLUICE_ROLES = '', SLUICE_LOG_LEVEL = '' } = (baseObject('ConfigMap') as V1ConfigMap).data ?? {}
  return { SLUICE_ROLES, SLUICE_LOG_LEVEL, SLUICE_CLUSTER: namespace, KUBECONFIG: installation.kubeconfig }
}

const releaseOf = (version: string) =>
  quickSpec(version, {
    retire: { after: '1s' },
    steps: [20, 100].map((weight) => ({ weight, hold: '1s' })),
    analysis: {
      interval: '1s',
      warmup: '1s',
      metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '5%' }],
    },
  })

/** The same pods in a StatefulSet. */
function statefulSet(workload: DemoWorkload): KubernetesObject {
  const { metadata, spec } = demoDeployment(workload)
  const deploymentSpec: object = spec ?? {}
  const changed = { ...deploymentSpec, serviceName: workload.name }
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: changed } as KubernetesObject
}

/** An autoscaler of a Deployment, whose floor is 1. */
function autoscaler(name: string): KubernetesObject {
  const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } }
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name }
  const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 9, metrics: [{ type: 'Resource', resource }] }
  const object = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec,
  }
  return object
}

describe('Sluice with the rights of deploy/base', () => {
  it('promotes a good version, which it scales, and deletes the old one, whose floor it holds', async () => {
    const old = { name: 'reviews', namespace, version: 'v1', replicas: 1 }
    await applyObjects(shop.config, [statefulSet(old), autoscaler('reviews-v1')])
    await shop.podsReady('v1', 3)
    await shop.deploy('v2')
    await shop.applyRollout({ ...releaseOf('v2'), retire: { after: '1s', policy: 'Delete' } })
    const status = await shop.status('v2 is stable', (seen) => standing(seen) === 'Ready/Stable')
    expect(status).toMatchObject({ stableVersion: 'v2', history: [{ to: 'v2', result: 'Promoted' }] })
    await expect.poll(async () => shop.readyPods('v1'), { timeout: 30_000 }).toBe(0)
    const reasons = (await shop.events()).map(({ reason }) => reason)
    expect(reasons).toEqual(expect.arrayContaining(['FloorHeld', 'ScaledUp']))
    expect(reasons).not.toContain('DeleteRefused')
  })

  it('rolls a bad version back, whose pods are of a StatefulSet', async () => {
    const bad = { name: 'reviews', namespace, version: 'v3', replicas: 2, env: { ERROR_RATE: 0.5 } }
    await applyObjects(shop.config, [statefulSet(bad)])
    await shop.applyRollout(releaseOf('v3'))
    const status = await shop.status('v3 is rolled back', (seen) => standing(seen) === 'Stalled/RolledBack')
    expect(status).toMatchObject({ stableVersion: 'v2', lastFailed: { reason: 'MetricFailed' } })
    await expect.poll(async () => shop.readyPods('v3'), { timeout: 30_000 }).toBe(0)
  })

  it('tells on the Rollout what it did', async () => {
    const reasons = (await shop.events()).map(({ reason }) => reason)
    expect(reasons).toEqual(expect.arrayContaining(['ReleaseStarted', 'Promoted', 'Retired', 'RolledBack']))
  })

  it('puts back what a stranger writes in mid-release', async () => {
    await shop.deploy('v4')
    await shop.applyRollout({ ...releaseOf('v4'), steps: stopAt(20) })
    await shop.status('v4 at 20 %', (status) => hasWeight(status, 20))
    const [route] = (await shop.virtualService()).spec.http ?? []
    const all = route?.route?.map((entry, index) => ({ ...entry, weight: index === 0 ? 100 : 0 }))
    await strangerWrites(shop, [{ ...route, route: all }])
    await expect
      .poll(async () => (await shop.virtualService()).spec.http, { timeout: 30_000 })
      .toEqual([route])
  })

  it('lets a Rollout be deleted', async () => {
    await shop.deleteRollout()
    await expect.poll(async () => shop.rollout(), { timeout: 30_000 }).toBeUndefined()
  })

  it('makes the objects of a Rollout that asks for them, and removes them', async () => {
    const istio = { group: 'networking.istio.io', version: 'v1', namespace }
    const plurals = ['virtualservices', 'destinationrules']
    for (const plural of plurals)
      await shop.custom.deleteNamespacedCustomObject({ ...istio, plural, name: 'reviews' })
    const traffic = { service: 'reviews', generated: {} }
    await shop.applyRollout({ ...releaseOf('v2'), initialVersion: 'v2', traffic })
    await shop.status('v2 is stable', (status) => standing(status) === 'Ready/Stable')
    await shop.deleteRollout()
    for (const plural of plurals) {
      const left = async () =>
        ((await shop.custom.listNamespacedCustomObject({ ...istio, plural })) as { items: unknown[] }).items
      await expect.poll(left, { timeout: 30_000 }).toEqual([])
    }
  })

  it('was refused nothing, and needed every right that it has', () => {
    const requests = installation.requests(namespace)
    expect(requests.filter(({ status }) => status === 401 || status === 403)).toEqual([])
    const used = new Set([...RARE, ...requests.map(({ right }) => right)])
    const granted = rightsOf((baseObject('ClusterRole') as V1ClusterRole).rules ?? [])
    expect([...used].toSorted()).toEqual(granted)
  })

  it('ends in order within the time that its pods are given', async () => {
    await sluice.stop()
    expect(readFileSync(sluice.logFile, 'utf8')).toContain('"msg":"sluice stopped"')
  })
})

describe('the rights of deploy/base', () => {
  it.each([
    ['read Secrets', { verb: 'get', resource: 'secrets' }],
    ['list Secrets', { verb: 'list', resource: 'secrets' }],
    ['list Secrets of its own namespace', { verb: 'list', resource: 'secrets', namespace: 'sluice-system' }],
    ['read ConfigMaps', { verb: 'get', resource: 'configmaps' }],
    ['delete pods', { verb: 'delete', resource: 'pods' }],
    ['run something in pods', { verb: 'create', resource: 'pods', subresource: 'exec' }],
    ['create pods', { verb: 'create', resource: 'pods' }],
    ['change Services', { verb: 'update', resource: 'services' }],
    ['create Deployments', { verb: 'create', group: 'apps', resource: 'deployments' }],
    ['change Deployments', { verb: 'patch', group: 'apps', resource: 'deployments' }],
    ['change StatefulSets', { verb: 'update', group: 'apps', resource: 'statefulsets' }],
    ['delete ReplicaSets', { verb: 'delete', group: 'apps', resource: 'replicasets' }],
    [
      'delete HorizontalPodAutoscalers',
      { verb: 'delete', group: 'autoscaling', resource: 'horizontalpodautoscalers' },
    ],
    ['change PodDisruptionBudgets', { verb: 'patch', group: 'policy', resource: 'poddisruptionbudgets' }],
    ['create Rollouts', { verb: 'create', group: 'sluice.dev', resource: 'rollouts' }],
    ['delete Rollouts', { verb: 'delete', group: 'sluice.dev', resource: 'rollouts' }],
    ['create Gateways', { verb: 'create', group: 'networking.istio.io', resource: 'gateways' }],
    ['change Sidecars', { verb: 'update', group: 'networking.istio.io', resource: 'sidecars' }],
    ['read Gateways', { verb: 'get', group: 'networking.istio.io', resource: 'gateways' }],
    ['ask for tokens', { verb: 'create', resource: 'serviceaccounts', subresource: 'token' }],
    ['grant rights', { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' }],
    ['be somebody else', { verb: 'impersonate', resource: 'users' }],
  ])('do not let Sluice %s', async (_, attributes) => {
    expect(await installation.may(attributes)).toBe(false)
  })

  it('let Sluice move weights, so that the refusals above mean something', async () => {
    const weights = { verb: 'update', group: 'networking.istio.io', resource: 'virtualservices' }
    expect(await installation.may(weights)).toBe(true)
  })

  it('belong to pods that the restricted profile admits', async () => {
    await expect.poll(async () => installation.admittedPods(), { timeout: 30_000 }).toBe(2)
  })
})

describe('the built-in roles', () => {
  const rollouts = { group: 'sluice.dev', resource: 'rollouts', namespace }

  beforeAll(async () => {
    await applyObjects(shop.config, [binding('view', 'victor'), binding('edit', 'edith')])
  })

  it.each([
    ['victor', 'view', 'list', true],
    ['victor', 'view', 'patch', false],
    ['edith', 'edit', 'list', true],
    ['edith', 'edit', 'patch', true],
    ['edith', 'edit', 'delete', true],
  ])('let %s, who has %s, %s Rollouts: %s', async (user, _, verb, allowed) => {
    await expect.poll(async () => installation.mayUser(user, { ...rollouts, verb })).toBe(allowed)
  })

  it('let nobody write the status', async () => {
    const status = { ...rollouts, subresource: 'status', verb: 'update' }
    expect(await installation.mayUser('edith', status)).toBe(false)
  })
})

function binding(role: string, user: string): V1RoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `${user}-may-${role}`, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  }
}
