import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AuthorizationV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node'
import type { V1ResourceAttributes } from '@kubernetes/client-node'
import type { SandboxEnv } from '../../../sandbox/env.ts'
import { eventually } from '../../../sandbox/kit/sluice.ts'
import { applyObjects } from '../../../sandbox/manifests/index.ts'
import { baseObjects } from '../../deploy/base.ts'
import type { Right } from '../../deploy/rights.ts'

const NAMESPACE = 'sluice-system'
const ACCOUNT = 'sluice'
const USER = `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`

/** A request of Sluice's account, as the API server noted it. */
export interface NotedRequest {
  readonly right: Right
  /** HTTP status of the answer. */
  readonly status: number
}

/** `deploy/base` in the sandbox's cluster. */
export class Installation {
  readonly #env: SandboxEnv
  readonly #admin = new KubeConfig()
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-deploy-'))
  readonly #auditStart: number
  /** Kubeconfig file of Sluice's account. */
  readonly kubeconfig = join(this.#folder, 'kubeconfig')

  constructor(env: SandboxEnv) {
    this.#env = env
    this.#admin.loadFromFile(env.kubeconfig)
    this.#auditStart = statSync(env.auditLog).size
  }

  /** Applies the base, and writes a kubeconfig with a token of its account. */
  async apply(): Promise<void> {
    await applyObjects(this.#admin, [...baseObjects()])
    const { status } = await this.#core.createNamespacedServiceAccountToken({
      namespace: NAMESPACE,
      name: ACCOUNT,
      body: { spec: { audiences: [], expirationSeconds: 3600 } },
    })
    const cluster = this.#admin.getCurrentCluster()
    const token = status?.token
    if (cluster === null || token === undefined) throw new Error('there is no cluster, or no token')
    const config = new KubeConfig()
    config.loadFromClusterAndUser(cluster, { name: ACCOUNT, token })
    writeFileSync(this.kubeconfig, config.exportConfig(), { mode: 0o600 })
  }

  /** Removes all of it but the definitions, which the sandbox needs. */
  async remove(): Promise<void> {
    rmSync(this.#folder, { recursive: true })
    const objects = baseObjects().filter(({ kind }) => kind !== 'CustomResourceDefinition')
    const api = KubernetesObjectApi.makeApiClient(this.#admin)
    for (const object of objects.toReversed()) await api.delete(object)
    await eventually(`namespace ${NAMESPACE} is gone`, async () => {
      const { items } = await this.#core.listNamespace()
      return items.every(({ metadata }) => metadata?.name !== NAMESPACE)
    })
  }

  /** Number of pods that were admitted to the namespace. */
  async admittedPods(): Promise<number> {
    return (await this.#core.listNamespacedPod({ namespace: NAMESPACE })).items.length
  }

  /** Whether Sluice's account may do something; asked with its own token. */
  async may(resourceAttributes: V1ResourceAttributes): Promise<boolean> {
    const config = new KubeConfig()
    config.loadFromFile(this.kubeconfig)
    const api = config.makeApiClient(AuthorizationV1Api)
    const review = await api.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } })
    return review.status?.allowed === true
  }

  /** Whether somebody of the cluster may do something. */
  async mayUser(user: string, resourceAttributes: V1ResourceAttributes): Promise<boolean> {
    const api = this.#admin.makeApiClient(AuthorizationV1Api)
    const review = await api.createSubjectAccessReview({ body: { spec: { user, resourceAttributes } } })
    return review.status?.allowed === true
  }

  /**
   * What Sluice's account asked of the API server since the installation, in a namespace or in all at once. Questions
   * about its rights are left out, and namespaces of others, which may be ending.
   */
  requests(ofNamespace: string): readonly NotedRequest[] {
    const text = readFileSync(this.#env.auditLog).subarray(this.#auditStart).toString('utf8')
    const entries = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as AuditEntry]))
    return entries
      .filter(
        ({ user, objectRef }) =>
          user?.username === USER &&
          objectRef?.apiGroup !== 'authorization.k8s.io' &&
          [undefined, ofNamespace].includes(objectRef?.namespace),
      )
      .map(notedRequest)
  }

  get #core(): CoreV1Api {
    return this.#admin.makeApiClient(CoreV1Api)
  }
}

interface AuditEntry {
  readonly verb: string
  readonly user?: { readonly username?: string }
  readonly objectRef?: {
    readonly apiGroup?: string
    readonly namespace?: string
    readonly resource?: string
    readonly subresource?: string
  }
  readonly responseStatus?: { readonly code?: number }
}

function notedRequest({ verb, objectRef = {}, responseStatus }: AuditEntry): NotedRequest {
  const { apiGroup = 'core', resource = '', subresource } = objectRef
  const what = subresource === undefined ? resource : `${resource}/${subresource}`
  return { right: `${verb} ${apiGroup} ${what}`, status: responseStatus?.code ?? 0 }
}
