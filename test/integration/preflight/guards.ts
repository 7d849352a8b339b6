import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoreV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node'
import type { KubernetesObject, V1ClusterRole } from '@kubernetes/client-node'
import type { SandboxEnv } from '../../../sandbox/env.ts'
import type { Shop } from '../../../sandbox/kit/shop.ts'
import { applyObjects } from '../../../sandbox/manifests/index.ts'
import { MARK_ANNOTATION } from '../../../src/api/names.ts'
import { baseObject } from '../../deploy/base.ts'

const RBAC = 'rbac.authorization.k8s.io'
const ISTIO = 'networking.istio.io'

/** Something that refuses writes as long as it stands. */
export interface Guard {
  remove(): Promise<void>
}

/** Applies objects; `remove` deletes them. */
export async function guardOf(shop: Shop, objects: readonly object[]): Promise<Guard> {
  await applyObjects(shop.config, objects as KubernetesObject[])
  const api = KubernetesObjectApi.makeApiClient(shop.config)
  return {
    remove: async () => {
      for (const object of objects.toReversed()) await api.delete(object)
    },
  }
}

/** An account with the rights of deploy/base, but that it may write mesh objects in the shop's namespace alone. */
export async function accountOf(shop: Shop): Promise<{ readonly kubeconfig: string; readonly guard: Guard }> {
  const { namespace } = shop
  const name = `sluice-${namespace}`
  const rules = ((baseObject('ClusterRole') as V1ClusterRole).rules ?? []).map((rule) =>
    rule.apiGroups?.includes(ISTIO)
      ? {
          apiGroups: [ISTIO],
          resources: rule.resources ?? [],
          verbs: rule.verbs.filter((verb) => verb !== 'update'),
        }
      : rule,
  )
  const guard = await guardOf(shop, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
    ...writersIn(shop, namespace),
  ])
  return { kubeconfig: await kubeconfigOf(shop, name), guard }
}

/** The right of that account to write mesh objects in a namespace. */
export function writersIn(shop: Shop, namespace: string): object[] {
  const name = `sluice-${shop.namespace}`
  const subjects = [{ kind: 'ServiceAccount', name, namespace: shop.namespace }]
  const rules = [
    { apiGroups: [ISTIO], resources: ['virtualservices', 'destinationrules'], verbs: ['update'] },
  ]
  const roleRef = { apiGroup: RBAC, kind: 'Role', name }
  return [
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name, namespace }, rules },
    { apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata: { name, namespace }, roleRef, subjects },
  ]
}

async function kubeconfigOf(shop: Shop, name: string): Promise<string> {
  const body = { spec: { audiences: [], expirationSeconds: 3600 } }
  const request = { namespace: shop.namespace, name, body }
  const { status } = await shop.core.createNamespacedServiceAccountToken(request)
  const cluster = shop.config.getCurrentCluster()
  const token = status?.token
  if (cluster === null || token === undefined) throw new Error('there is no cluster, or no token')
  const config = new KubeConfig()
  config.loadFromClusterAndUser(cluster, { name, token })
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-account-')), 'kubeconfig')
  writeFileSync(file, config.exportConfig(), { mode: 0o600 })
  return file
}

/** A policy that takes no VirtualService of a namespace with a mark of ours. */
export function policyFor(namespace: string): object[] {
  const name = `no-marks.${namespace}.example.com`
  const group = 'admissionregistration.k8s.io/v1'
  const rule = {
    apiGroups: [ISTIO],
    apiVersions: ['*'],
    operations: ['UPDATE'],
    resources: ['virtualservices'],
  }
  const selector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } }
  const expression = `!has(object.metadata.annotations) || !('${MARK_ANNOTATION}' in object.metadata.annotations)`
  return [
    {
      apiVersion: group,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [{ expression, message: 'routes of the edge are frozen until Monday' }],
      },
    },
    {
      apiVersion: group,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        matchResources: { namespaceSelector: selector },
      },
    },
  ]
}

/** Istiod's own validation, for the objects of a namespace. */
export async function istiodValidates(env: SandboxEnv, shop: Shop, namespace: string): Promise<object[]> {
  const core = shop.config.makeApiClient(CoreV1Api)
  const root = await core.readNamespacedConfigMap({ name: 'istio-ca-root-cert', namespace: 'istio-system' })
  const ports = JSON.parse(readFileSync(join(env.state, 'ports.json'), 'utf8')) as Record<string, number>
  const service = {
    namespace: 'istio-system',
    name: 'istiod',
    path: '/validate',
    port: ports['istiodWebhook'],
  }
  const metadata = { namespace: service.namespace, name: service.name }
  const rule = { apiGroups: [ISTIO], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['*'] }
  const webhook = {
    name: 'validation.istio.io',
    clientConfig: {
      service,
      caBundle: Buffer.from(root.data?.['root-cert.pem'] ?? '').toString('base64'),
    },
    rules: [rule],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    failurePolicy: 'Fail',
  }
  return [
    // The API server goes to the name itself, which is no name of the certificate.
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { type: 'ExternalName', externalName: 'localhost' },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: `validator-${namespace}` },
      webhooks: [webhook],
    },
  ]
}
