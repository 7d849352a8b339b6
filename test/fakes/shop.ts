import type { RawRollout } from '../../src/api/v1alpha1/rollout.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import type { DestinationRule, VirtualService } from '../../src/core/traffic/types.ts'
import { ROLLOUT, aDestinationRule, aVirtualService, to } from '../core/shop.ts'
import type { FakeCluster } from './cluster.ts'

const NAMESPACE = ROLLOUT.namespace
const APP = { app: 'reviews' }

/** The shop in a cluster in memory: service `reviews`, v1 to users, and a Rollout that wants a version. */
export class FakeShop {
  readonly cluster: FakeCluster
  readonly rollout: ReleaseState['rollout'] = ROLLOUT

  constructor(cluster: FakeCluster) {
    this.cluster = cluster
    const { store } = cluster
    store.create({ kind: 'Service', metadata: named('reviews'), spec: { selector: APP } })
    store.create(aVirtualService([to('v1', 100)]))
    store.create(aDestinationRule())
    store.create({ kind: 'Rollout', metadata: { ...named('reviews'), uid: ROLLOUT.uid }, spec: {} })
  }

  get virtualService(): VirtualService {
    return this.#must('VirtualService') as unknown as VirtualService
  }

  get destinationRule(): DestinationRule {
    return this.#must('DestinationRule') as unknown as DestinationRule
  }

  get status(): RawRollout['status'] {
    return (this.#must('Rollout')['status'] as RawRollout['status'] | undefined) ?? {}
  }

  /** Runs a version with so many ready pods. */
  run(version: string, pods: number): void {
    const { store } = this.cluster
    const labels = { ...APP, version }
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'app', image: `reviews:${version}` }] },
    }
    const metadata = named(`reviews-${version}`)
    store.create({ kind: 'Deployment', metadata, spec: { replicas: pods, template } })
    for (let index = 0; index < pods; index++)
      store.create({
        kind: 'Pod',
        metadata: { ...named(`${metadata.name}-${index}`), labels },
        status: status(true),
      })
  }

  /** Makes all pods of a version ready, or not. */
  setReady(version: string, ready: boolean): void {
    const { store } = this.cluster
    for (const pod of store.list('Pod', NAMESPACE)) {
      if (pod.metadata.name.startsWith(`reviews-${version}-`))
        store.replaceStatus({ ...pod, status: status(ready) })
    }
  }

  /** Replicas that a version's Deployment asks for. */
  replicas(version: string): unknown {
    const deployment = this.cluster.store.read('Deployment', named(`reviews-${version}`))
    return (deployment?.['spec'] as { replicas?: number } | undefined)?.replicas
  }

  #must(kind: string) {
    const object = this.cluster.store.read(kind, named('reviews'))
    if (object === undefined) throw new Error(`the shop has no ${kind}`)
    return object
  }
}

function named(name: string) {
  return { name, namespace: NAMESPACE }
}

function status(ready: boolean) {
  return { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] }
}
