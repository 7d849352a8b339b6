import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node'
import type { CoreV1Event, KubernetesObject, V1Pod } from '@kubernetes/client-node'
import { API_VERSION, GROUP, GROUP_VERSION } from '../../src/api/names.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { EventView } from '../../src/cli/view/rollout.ts'
import type { DestinationRule, VirtualService } from '../../src/core/traffic/types.ts'
import type { SandboxEnv } from '../env.ts'
import {
  applyObjects,
  demoDeployment,
  demoDestinationRule,
  demoNamespace,
  demoService,
  demoVirtualService,
} from '../manifests/index.ts'
import type { DemoRetries } from '../manifests/index.ts'
import { behave } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import { untilReachable } from './reach.ts'
import { eventually } from './sluice.ts'

const ROLLOUTS = { group: GROUP, version: API_VERSION, plural: 'rollouts' }
const ISTIO = { group: 'networking.istio.io', version: 'v1' }

/** A Rollout as kubectl shows it. */
export interface ShownRollout extends KubernetesObject {
  readonly spec: Record<string, unknown>
  readonly status?: RolloutStatus
}

/** Behaviour of the demo app, see sandbox/demo-app. */
export type AppEnv = Record<string, string | number>

/** What else a shop may have. */
export interface ShopOptions {
  /** A proxy in front of each pod, also of later versions: Prometheus can tell pods apart then. About 20 MB a pod. */
  readonly inbound?: boolean
  /** What the gateway tries again. */
  readonly retries?: DemoRetries
  /** Pods of v1; default 2. */
  readonly replicas?: number
  /** Whether there are a DestinationRule and a VirtualService; default true. Without, callers reach all pods alike. */
  readonly routed?: boolean
}

/** A namespace with a service, its mesh objects, its versions, and its Rollout, all of one name. */
export class Shop {
  readonly namespace: string
  readonly name: string
  readonly config = new KubeConfig()
  readonly custom: CustomObjectsApi
  readonly core: CoreV1Api
  readonly #env: SandboxEnv
  #inbound = false

  constructor(env: SandboxEnv, namespace: string, name = 'reviews') {
    this.#env = env
    this.namespace = namespace
    this.name = name
    this.config.loadFromFile(env.kubeconfig)
    this.custom = this.config.makeApiClient(CustomObjectsApi)
    this.core = this.config.makeApiClient(CoreV1Api)
  }

  /** Host of the service at the gateway. */
  get host(): string {
    return `${this.name}.${this.namespace}.svc.cluster.local`
  }

  /**
   * Another service of the namespace, to be opened as this one is: first, if pods of this one are to call it, by
   * `DEPENDENCY` in their environment. Whichever is closed, both are gone; they behave alike, see {@link behave}.
   */
  beside(name: string): Shop {
    return new Shop(this.#env, this.namespace, name)
  }

  /** Namespace, Service, DestinationRule and VirtualService for `v1`, and ready pods of it. */
  async open(app: AppEnv = {}, options: ShopOptions = {}): Promise<void> {
    const { namespace, name } = this
    const { inbound = false, replicas = 2, routed = true, retries } = options
    this.#inbound = inbound
    const service = [demoNamespace(namespace), demoService({ name, namespace })]
    await applyObjects(this.config, [...service, ...(routed ? this.#routes(retries) : [])])
    await this.deploy('v1', app, replicas)
    await this.podsReady('v1', replicas)
  }

  /** Waits until the gateway leads to it. */
  async reachable(): Promise<void> {
    await untilReachable(this.#env, this.host)
  }

  /** Deploys a version; its pods become ready in their own time. */
  async deploy(version: string, env: AppEnv = {}, replicas = 2): Promise<void> {
    const { namespace, name } = this
    const workload = { name, namespace, version, replicas, env, inbound: this.#inbound }
    await applyObjects(this.config, [demoDeployment(workload)])
  }

  /** Changes how the pods behave while they run, until it is called without a behaviour. See {@link behave}. */
  behave(behaviour?: Behaviour): void {
    behave(this.#env, this.namespace, behaviour)
  }

  /** Waits for ready pods of a version. */
  async podsReady(version: string, count: number): Promise<void> {
    await eventually(
      `${count} ready pods of ${version}`,
      async () => (await this.readyPods(version)) >= count,
    )
  }

  async readyPods(version: string): Promise<number> {
    const isReady = ({ status }: V1Pod) =>
      status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True')
    return (await this.pods(version)).filter(isReady).length
  }

  /** Pods of a version in any state, those that are about to end included. */
  async pods(version: string): Promise<V1Pod[]> {
    const labelSelector = `app=${this.name},version=${version}`
    return (await this.core.listNamespacedPod({ namespace: this.namespace, labelSelector })).items
  }

  /** Applies the Rollout as `kubectl apply --server-side` does. */
  async applyRollout(spec: Record<string, unknown>): Promise<void> {
    const metadata = { name: this.name, namespace: this.namespace }
    await applyObjects(this.config, [
      { apiVersion: GROUP_VERSION, kind: 'Rollout', metadata, spec } as KubernetesObject,
    ])
  }

  /** Changes fields of the Rollout's spec. */
  async patchRollout(spec: Record<string, unknown>): Promise<void> {
    const request = { ...ROLLOUTS, namespace: this.namespace, name: this.name, body: { spec } }
    await this.custom.patchNamespacedCustomObject(
      request,
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
  }

  async deleteRollout(): Promise<void> {
    await this.custom.deleteNamespacedCustomObject({
      ...ROLLOUTS,
      namespace: this.namespace,
      name: this.name,
    })
  }

  /** The Rollout; undefined when it is gone. */
  async rollout(): Promise<ShownRollout | undefined> {
    const { items } = (await this.custom.listNamespacedCustomObject({
      ...ROLLOUTS,
      namespace: this.namespace,
    })) as { items: ShownRollout[] }
    return items.find((item) => item.metadata?.name === this.name)
  }

  /** Waits until the Rollout's status is as asked for, and returns it. */
  async status(
    what: string,
    holds: (status: RolloutStatus) => boolean,
    withinMs = 90_000,
  ): Promise<RolloutStatus> {
    let last: RolloutStatus | undefined
    try {
      return await eventually(
        what,
        async () => {
          last = (await this.rollout())?.status
          return last !== undefined && holds(last) && last
        },
        withinMs,
      )
    } catch (error) {
      throw new Error(`${what}: not seen; the status was ${JSON.stringify(last, null, 1)}`, { cause: error })
    }
  }

  async virtualService(): Promise<VirtualService> {
    return (await this.#istio('virtualservices')) as VirtualService
  }

  async destinationRule(): Promise<DestinationRule> {
    return (await this.#istio('destinationrules')) as DestinationRule
  }

  /** Events of the Rollout, oldest first. */
  async events(): Promise<EventView[]> {
    const fieldSelector = `involvedObject.kind=Rollout,involvedObject.name=${this.name}`
    const { items } = await this.core.listNamespacedEvent({ namespace: this.namespace, fieldSelector })
    return items.map(eventView).toSorted((a, b) => a.at - b.at)
  }

  /** Removes the namespace with all that is in it. */
  async close(): Promise<void> {
    this.behave()
    await this.core.deleteNamespace({ name: this.namespace })
  }

  #routes(retries?: DemoRetries): KubernetesObject[] {
    const { namespace, name } = this
    const route = { name, namespace, weights: { v1: 100 } }
    return [
      demoDestinationRule({ name, namespace, versions: ['v1'] }),
      demoVirtualService({ ...route, ...(retries && { retries }) }),
    ]
  }

  async #istio(plural: string): Promise<unknown> {
    return this.custom.getNamespacedCustomObject({
      ...ISTIO,
      plural,
      namespace: this.namespace,
      name: this.name,
    })
  }
}

function eventView({ type, reason = '', message = '', lastTimestamp }: CoreV1Event): EventView {
  return { at: Number(lastTimestamp ?? 0), type: type === 'Warning' ? 'Warning' : 'Normal', reason, message }
}

/** Weight (percent) that the canary should have, and that the proxies were seen to give it. */
export function hasWeight(status: RolloutStatus, weight: number): boolean {
  return status.weight?.desired === weight && status.weight.observed === weight
}

/** The condition that is True. */
export function standing(status: RolloutStatus): string {
  const condition = status.conditions?.find((one) => one.status === 'True')
  return `${condition?.type ?? '?'}/${condition?.reason ?? '?'}`
}

/** The Rollout's spec with short times, for a release in seconds. Limits: 1 % errors, p99 of 500 ms. */
export function quickSpec(version: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version,
    retire: { after: '3s' },
    traffic: {
      service: 'reviews',
      existing: { virtualServices: [{ name: 'reviews' }], destinationRule: { name: 'reviews' } },
    },
    steps: [5, 20, 50, 100].map((weight) => ({ weight, hold: '3s' })),
    analysis: {
      interval: '1s',
      warmup: '1s',
      metrics: [
        { name: 'error-rate', istio: 'ErrorRate', max: '1%' },
        { name: 'p99', istio: 'Latency', percentile: 99, max: '500ms' },
      ],
    },
    progressDeadline: '45s',
    ...changes,
  }
}
