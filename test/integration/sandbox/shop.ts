import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { AppsV1Api, CoreV1Api, CustomObjectsApi } from '@kubernetes/client-node'
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node'
import { loadKubeConfig } from '../../../sandbox/agent/kubeconfig.ts'
import type { SandboxEnv } from '../../../sandbox/env.ts'
import { startLoadProcess } from '../../../sandbox/load/index.ts'
import type { LoadOptions, LoadProcess } from '../../../sandbox/load/index.ts'
import * as manifests from '../../../sandbox/manifests/index.ts'
import { until } from '../../../sandbox/until.ts'

const PATIENCE_MS = 60_000

/** A namespace of its own in the sandbox, with the service `reviews`. */
export class Shop {
  readonly env: SandboxEnv
  readonly namespace: string
  readonly #config
  readonly core: CoreV1Api
  readonly apps: AppsV1Api
  readonly custom: CustomObjectsApi

  constructor(env: SandboxEnv, namespace: string) {
    this.env = env
    this.namespace = namespace
    this.#config = loadKubeConfig(env.kubeconfig)
    this.core = this.#config.makeApiClient(CoreV1Api)
    this.apps = this.#config.makeApiClient(AppsV1Api)
    this.custom = this.#config.makeApiClient(CustomObjectsApi)
  }

  apply(...objects: KubernetesObject[]): Promise<void> {
    return manifests.applyObjects(this.#config, objects)
  }

  /** Opens `reviews` to the gateway with two pods of v1 alone. */
  async open(v1: Partial<manifests.DemoWorkload> = {}): Promise<void> {
    const { namespace } = this
    await this.apply(
      manifests.demoNamespace(namespace),
      manifests.demoService({ name: 'reviews', namespace }),
      manifests.demoDestinationRule({ name: 'reviews', namespace, versions: ['v1', 'v2'] }),
      manifests.demoVirtualService({ name: 'reviews', namespace, weights: { v1: 100 } }),
    )
    await this.run({ name: 'reviews', version: 'v1', replicas: 2, ...v1 })
    await this.untilAnswers('reviews')
  }

  async close(): Promise<void> {
    await this.core.deleteNamespace({ name: this.namespace })
    await eventually('no pod is left', async () => (await this.pods({})).length === 0)
  }

  /** Applies a Deployment and waits until as many pods are ready as it asks for. */
  async run(workload: Omit<manifests.DemoWorkload, 'namespace'>): Promise<void> {
    const { namespace } = this
    await this.apply(manifests.demoDeployment({ ...workload, namespace }))
    const name = `${workload.name}-${workload.version}`
    const wanted = workload.replicas ?? 1
    await eventually(`${wanted} pods of ${name} are ready`, async () => {
      const { status } = await this.apps.readNamespacedDeployment({ name, namespace })
      return (status?.readyReplicas ?? 0) === wanted
    })
  }

  async pods(labels: Record<string, string>): Promise<V1Pod[]> {
    const labelSelector = Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(',')
    return (await this.core.listNamespacedPod({ namespace: this.namespace, labelSelector })).items
  }

  async entries(): Promise<string[]> {
    const where = { group: 'networking.istio.io', version: 'v1', plural: 'workloadentries' }
    const list = await this.custom.listNamespacedCustomObject({ ...where, namespace: this.namespace })
    return (list as { items: KubernetesObject[] }).items.map((item) => item.metadata?.name ?? '')
  }

  host(name: string): string {
    return `${name}.${this.namespace}.svc.cluster.local`
  }

  load(options: Partial<LoadOptions> = {}): Promise<LoadProcess> {
    return startLoadProcess({
      url: this.env.gateway,
      host: this.host('reviews'),
      ratePerSecond: 300,
      ...options,
    })
  }

  /** One request through the gateway. */
  call(name: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options = { headers: { host: this.host(name) }, agent: false } as const
      const request = get(this.env.gateway, options, (answer) => {
        answer.resume().on('end', () => resolve(answer))
      })
      request.on('error', reject)
    })
  }

  async untilAnswers(name: string): Promise<void> {
    await eventually(`${name} answers 200`, async () => (await this.call(name)).statusCode === 200)
  }
}

/** Waits until something holds; the error names it when it does not within a minute. */
async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const attempt = async () => {
    if (!(await holds())) throw new Error(`not seen within ${PATIENCE_MS / 1000} s: ${what}`)
  }
  await until(attempt, PATIENCE_MS)
}

/** Waits as long as the load needs to send so many more requests. */
export async function untilSent(load: LoadProcess, more: number): Promise<void> {
  const start = (await load.snapshot()).sent
  await eventually(`${more} requests are sent`, async () => (await load.snapshot()).sent > start + more)
}

/** The container of a pod as its status shows it. */
export function container(pod: V1Pod | undefined) {
  return pod?.status?.containerStatuses?.[0]
}

/** Whether a pod is ready. */
export function isReady(pod: V1Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}
