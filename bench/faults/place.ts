import type { KubernetesObject, V1Deployment } from '@kubernetes/client-node'
import type { SandboxEnv } from '../../sandbox/env.ts'
import { Shop, quickSpec } from '../../sandbox/kit/shop.ts'
import { startLoadProcess } from '../../sandbox/load/index.ts'
import type { LoadProcess } from '../../sandbox/load/index.ts'
import {
  applyObjects,
  demoDeployment,
  demoDestinationRule,
  demoNamespace,
  demoService,
  demoVirtualService,
} from '../../sandbox/manifests/index.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import type { PlannedTrial } from './draw.ts'

/** What is called, and has no pods: what becomes of the calls is not asked here. */
const DEPENDENCY = 'ratings'
const RATE = 20

/** A namespace with `reviews` v1 and v2, and a dependency that v2 is tried with. */
export class Place {
  readonly shop: Shop
  readonly ratings: Shop
  readonly #env: SandboxEnv
  readonly #planned: PlannedTrial
  #load: LoadProcess | undefined

  constructor(env: SandboxEnv, planned: PlannedTrial) {
    this.#env = env
    this.#planned = planned
    this.shop = new Shop(env, planned.name)
    this.ratings = this.shop.beside(DEPENDENCY)
  }

  get namespace(): string {
    return this.shop.namespace
  }

  /** Ready for a release of v2, under a little load. */
  async open(): Promise<void> {
    const { namespace, shop } = this
    await applyObjects(shop.config, [
      demoNamespace(namespace),
      ...['reviews', DEPENDENCY].map((name) => demoService({ name, namespace })),
      demoDestinationRule({ name: 'reviews', namespace, versions: ['v1'] }),
      demoVirtualService({ name: 'reviews', namespace, weights: { v1: 100 } }),
      ...(this.#planned.routed ? [this.#route()] : []),
      ...['v1', 'v2'].map((version) => podsOf(namespace, version)),
    ])
    await Promise.all(['v1', 'v2'].map(async (version) => shop.podsReady(version, 1)))
    const { gateway: url } = this.#env
    this.#load = await startLoadProcess({ url, host: shop.host, path: '/', ratePerSecond: RATE })
    await shop.applyRollout(this.#spec('v1'))
    await shop.status('v1 is stable', (status) => status.stableVersion === 'v1')
  }

  async release(): Promise<void> {
    await this.shop.patchRollout({ version: 'v2' })
  }

  /** The owner deletes the dependency's VirtualService and makes it anew. */
  async remake(): Promise<void> {
    const request = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices' }
    const { namespace } = this
    await this.shop.custom.deleteNamespacedCustomObject({ ...request, namespace, name: DEPENDENCY })
    await this.shop.custom.createNamespacedCustomObject({ ...request, namespace, body: this.#route() })
  }

  /** Somebody changes another field of the dependency's VirtualService, with whatever stands there besides. */
  async strangerWrites(): Promise<void> {
    const request = { group: 'networking.istio.io', version: 'v1', plural: 'virtualservices' }
    const object = await this.ratings.virtualService()
    const http = object.spec.http?.map((route) => ({ ...route, timeout: STRANGERS_TIMEOUT }))
    const body = { ...object, spec: { ...object.spec, http } }
    const { namespace } = this
    await this.shop.custom.replaceNamespacedCustomObject({ ...request, namespace, name: DEPENDENCY, body })
  }

  async close(): Promise<void> {
    await this.#load?.stop()
    await this.shop.close()
  }

  /** As its owner keeps it. */
  #route(): KubernetesObject & { readonly spec: VirtualService['spec'] } {
    const { namespace } = this
    const plain = demoVirtualService({ name: DEPENDENCY, namespace, weights: { v1: 100 } })
    const http = (plain.spec['http'] as object[]).map((route) => ({ ...route, timeout: '15s' }))
    return { ...plain, spec: { ...plain.spec, http } }
  }

  /** Few requests decide, since nothing but the fault is of interest. */
  #spec(version: string): Record<string, unknown> {
    const { durationSeconds } = this.#planned
    const probe = {
      name: 'down',
      dependency: DEPENDENCY,
      abort: { httpStatus: 503 },
      duration: `${durationSeconds}s`,
      required: false,
    }
    return quickSpec(version, {
      steps: [
        { weight: 50, hold: '1s', faults: ['down'] },
        { weight: 100, hold: '1s' },
      ],
      faults: [probe],
      analysis: {
        interval: '1s',
        warmup: '0s',
        metrics: [{ name: 'error-rate', istio: 'ErrorRate', max: '50%' }],
      },
    })
  }
}

/** What a stranger writes, and nobody may take away. */
export const STRANGERS_TIMEOUT = '7s'

/** Nobody calls the dependency, but whoever looks for a sidecar is to find one. */
function podsOf(namespace: string, version: string): V1Deployment {
  const deployment = demoDeployment({ name: 'reviews', namespace, version, shared: true })
  const { metadata = {} } = deployment.spec?.template ?? {}
  metadata.annotations = {
    ...metadata.annotations,
    'sidecar.istio.io/status': '{"containers":["istio-proxy"]}',
  }
  return deployment
}
