import { randomUUID } from 'node:crypto'
import pino from 'pino'
import { cachesOf, startCaches, stopCaches, whenSynced } from '../../../src/adapters/kubernetes/caches.ts'
import { eventually } from '../../../sandbox/kit/sluice.ts'
import type { Caches } from '../../../src/adapters/kubernetes/caches.ts'
import { kubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts'
import type { ContractCluster, Manifest } from '../../contract/cluster.ts'
import { connect } from '../../mesh/cluster.ts'
import type { Ask, ClusterAnswer, ClusterRequest } from '../../mesh/cluster.ts'

/** Where the API server keeps each kind. */
const COLLECTIONS: Readonly<Record<string, readonly [path: string, plural: string]>> = {
  Rollout: ['/apis/sluice.dev/v1alpha1', 'rollouts'],
  VirtualService: ['/apis/networking.istio.io/v1', 'virtualservices'],
  DestinationRule: ['/apis/networking.istio.io/v1', 'destinationrules'],
  ServiceEntry: ['/apis/networking.istio.io/v1', 'serviceentries'],
  Sidecar: ['/apis/networking.istio.io/v1', 'sidecars'],
  Deployment: ['/apis/apps/v1', 'deployments'],
  StatefulSet: ['/apis/apps/v1', 'statefulsets'],
  DaemonSet: ['/apis/apps/v1', 'daemonsets'],
  HorizontalPodAutoscaler: ['/apis/autoscaling/v2', 'horizontalpodautoscalers'],
  PodDisruptionBudget: ['/apis/policy/v1', 'poddisruptionbudgets'],
  Service: ['/api/v1', 'services'],
  Pod: ['/api/v1', 'pods'],
}

/** Beyond those that are always watched; no cluster has the last one. */
const WORKLOAD_KINDS = ['daemonsets.v1.apps', 'machines.v1.example.com']

/** A namespace of its own in the sandbox, caches as in production, and an administrator beside them. */
export class RealCluster implements ContractCluster {
  readonly namespace = `contract-${randomUUID().slice(0, 8)}`
  readonly client: KubernetesClient
  readonly caches: Caches
  readonly log = pino({ level: 'silent' })
  readonly #ask: Ask

  private constructor(kubeconfig: string) {
    this.#ask = connect(kubeconfig)
    this.client = kubernetesClient(kubeconfig)
    this.caches = cachesOf(this.client, this.log, WORKLOAD_KINDS)
  }

  static async open(kubeconfig: string): Promise<RealCluster> {
    const cluster = new RealCluster(kubeconfig)
    await cluster.#must({
      method: 'POST',
      path: '/api/v1/namespaces',
      body: { metadata: { name: cluster.namespace } },
    })
    await startCaches(cluster.caches)
    await whenSynced(cluster.caches)
    return cluster
  }

  async close(): Promise<void> {
    await stopCaches(this.caches)
    await this.#must({ method: 'DELETE', path: `/api/v1/namespaces/${this.namespace}` })
  }

  async create(object: Manifest): Promise<Manifest> {
    return this.#must({ method: 'POST', path: this.#path(object.kind), body: object })
  }

  async read(kind: string, name: string): Promise<Manifest | undefined> {
    const answer = await this.#ask({ method: 'GET', path: this.#path(kind, name) })
    return answer.status === 404 ? undefined : manifestOf(answer)
  }

  async change(kind: string, name: string, edit: (object: Manifest) => Manifest): Promise<void> {
    const path = this.#path(kind, name)
    // Kubernetes' own controllers write, too, and may come in between.
    await eventually(`${kind} ${name} is written`, async () => {
      const before = await this.#must({ method: 'GET', path })
      const answer = await this.#ask({ method: 'PUT', path, body: edit(before) })
      return answer.status !== 409 && manifestOf(answer)
    })
  }

  async setStatus(kind: string, name: string, status: unknown): Promise<void> {
    await this.#must({
      method: 'PATCH',
      path: `${this.#path(kind, name)}/status`,
      contentType: 'application/merge-patch+json',
      body: { status },
    })
  }

  async remove(kind: string, name: string): Promise<void> {
    await this.#must({ method: 'DELETE', path: `${this.#path(kind, name)}?gracePeriodSeconds=0` })
  }

  /** Events that were recorded on an object. */
  async eventsOf(name: string): Promise<string[]> {
    const path = `/api/v1/namespaces/${this.namespace}/events?fieldSelector=involvedObject.name=${name}`
    const answer = await this.#ask({ method: 'GET', path })
    const { items = [] } = answer.body as { items?: { message: string }[] }
    return items.map(({ message }) => message)
  }

  async #must(request: ClusterRequest): Promise<Manifest> {
    return manifestOf(await this.#ask(request))
  }

  #path(kind: string, name?: string): string {
    const [path, plural] = COLLECTIONS[kind] ?? ['', kind]
    const collection = `${path}/namespaces/${this.namespace}/${plural}`
    return name === undefined ? collection : `${collection}/${name}`
  }
}

/** What was answered, or an Error with what the API server says. */
function manifestOf({ status, body }: ClusterAnswer): Manifest {
  if (status >= 300) throw new Error(`the API server answered ${status}: ${body.message}`)
  return body as unknown as Manifest
}
