import { AppsV1Api, AutoscalingV2Api } from '@kubernetes/client-node'
import type { SandboxEnv } from '../../sandbox/env.ts'
import type { Ledger } from '../../sandbox/kit/ledger.ts'
import { Shop, standing } from '../../sandbox/kit/shop.ts'
import type { AppEnv, ShownRollout } from '../../sandbox/kit/shop.ts'
import { startLoadProcess } from '../../sandbox/load/index.ts'
import type { LoadProcess } from '../../sandbox/load/index.ts'
import { applyObjects, demoDeployment } from '../../sandbox/manifests/index.ts'
import { until } from '../../sandbox/until.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { DestinationRule, VirtualService } from '../../src/core/traffic/types.ts'
import type { Rest } from './checks/rest.ts'
import { SERVICE, percents, versionOf } from './checks/scene.ts'
import type { Journal } from './journal.ts'
import { VIRTUAL_SERVICES, autoscaler, gitObjects, specOf } from './objects.ts'

/** Requests a second for each shop. */
const RATE = 50
const PODS = 2
/** Longest time for what needs no release: parts that were killed come back in it (milliseconds). */
const PATIENCE_MS = 90_000

/** Who watches a shop. */
export interface Watchers {
  readonly ledger: Ledger
  readonly journal: Journal
}

/** A namespace with a service under load and its Rollout. What it waits for it reads in the ledger. */
export class SoakShop {
  readonly shop: Shop
  readonly ledger: Ledger
  readonly journal: Journal
  readonly scaled: boolean
  /** The version that users have, as far as the soak knows. */
  stable = 'r0'
  #load: LoadProcess | undefined
  #excused: (() => void) | undefined

  /** @param scaled its versions have autoscalers */
  constructor(env: SandboxEnv, namespace: string, scaled: boolean, { ledger, journal }: Watchers) {
    this.shop = new Shop(env, namespace)
    this.scaled = scaled
    this.ledger = ledger
    this.journal = journal
  }

  get namespace(): string {
    return this.shop.namespace
  }

  /** The load on the service. Throws before the shop is open. */
  get load(): LoadProcess {
    if (this.#load === undefined) throw new Error(`${this.namespace} has no load yet`)
    return this.#load
  }

  /** Opens it with its first version, under load, and a Rollout that is Ready. */
  async open({ gateway }: SandboxEnv): Promise<void> {
    await this.patiently(async () => applyObjects(this.shop.config, gitObjects(this.namespace, this.stable)))
    await this.deploy(this.stable)
    await this.podsReady(this.stable)
    const { host } = this.shop
    this.#load = await startLoadProcess({ url: gateway, host, path: '/', ratePerSecond: RATE })
    await this.createRollout(specOf(this.stable))
    await this.until('the first version is stable', () => this.isSettled(), PATIENCE_MS)
  }

  note(text: string): void {
    this.journal.note(text, this.namespace)
  }

  /** Errors are somebody else's doing until the release is over. */
  excuseRelease(why: string): void {
    this.#excused = this.journal.excuse(why, this.namespace)
  }

  /** The release is over: errors count again. */
  endExcuse(): void {
    this.#excused?.()
    this.#excused = undefined
  }

  /** Does something as often as it takes: the API server may be away. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    return until(work, PATIENCE_MS)
  }

  /** Waits for something in the ledger. */
  async until(what: string, look: () => boolean, withinMs: number): Promise<void> {
    await this.ledger.until(`${this.namespace}: ${what}`, look, withinMs)
  }

  async deploy(version: string, env: AppEnv = {}): Promise<void> {
    const { namespace } = this
    const workload = { name: SERVICE, namespace, version, replicas: PODS, env }
    const objects = this.scaled
      ? [demoDeployment({ ...workload, cpu: '100m' }), autoscaler(namespace, version)]
      : [demoDeployment(workload)]
    await this.patiently(async () => applyObjects(this.shop.config, objects))
  }

  /** Waits for ready pods; an autoscaler may have left one. */
  async podsReady(version: string): Promise<void> {
    const least = this.scaled ? 1 : PODS
    await this.patiently(async () => {
      if ((await this.shop.readyPods(version)) < least) throw new Error(`${version} has too few ready pods`)
    })
  }

  /** Takes all pods of a version away at once; others are made in their place. */
  async losePods(version: string): Promise<void> {
    const { namespace } = this
    const labelSelector = `app=${SERVICE},version=${version}`
    await this.patiently(async () =>
      this.shop.core.deleteCollectionNamespacedPod({ namespace, labelSelector }),
    )
  }

  /** Removes what was deployed of all versions but that of the users. */
  async dropOthers(): Promise<void> {
    const { namespace } = this
    const apps = this.shop.config.makeApiClient(AppsV1Api)
    const scalers = this.shop.config.makeApiClient(AutoscalingV2Api)
    await this.patiently(async () => {
      const { items } = await apps.listNamespacedDeployment({ namespace })
      const names = items.map(({ metadata }) => metadata?.name ?? '').filter((name) => !this.#isStable(name))
      for (const name of names) await apps.deleteNamespacedDeployment({ namespace, name })
      const others = (await scalers.listNamespacedHorizontalPodAutoscaler({ namespace })).items
      const left = others.map(({ metadata }) => metadata?.name ?? '').filter((name) => !this.#isStable(name))
      for (const name of left) await scalers.deleteNamespacedHorizontalPodAutoscaler({ namespace, name })
    })
  }

  #isStable(name: string): boolean {
    return name === `${SERVICE}-${this.stable}`
  }

  async createRollout(spec: Record<string, unknown>): Promise<void> {
    await this.patiently(async () => this.shop.applyRollout(spec))
  }

  async patchRollout(changes: Record<string, unknown>): Promise<void> {
    await this.patiently(async () => this.shop.patchRollout(changes))
  }

  /** Deletes the Rollout, and waits until it is gone. */
  async deleteRollout(withinMs: number): Promise<void> {
    await this.patiently(async () => {
      if ((await this.shop.rollout()) !== undefined) await this.shop.deleteRollout()
    })
    await this.until('the Rollout is gone', () => this.rollout() === undefined, withinMs)
  }

  rollout(): ShownRollout | undefined {
    return this.ledger.now('Rollout', this.namespace, SERVICE) as ShownRollout | undefined
  }

  status(): RolloutStatus {
    return this.rollout()?.status ?? {}
  }

  routes(): VirtualService[] {
    const objects = VIRTUAL_SERVICES.map((name) => this.ledger.now('VirtualService', this.namespace, name))
    return objects.filter((object) => object !== undefined) as unknown as VirtualService[]
  }

  rule(): DestinationRule | undefined {
    return this.ledger.now('DestinationRule', this.namespace, SERVICE) as unknown as
      DestinationRule | undefined
  }

  /** The version that has all requests of every route; undefined where they are divided. */
  routed(): string | undefined {
    const named = this.routes().flatMap((route) => [...percents(route).keys()])
    const versions = new Set(named.map((subset) => versionOf(this.rule(), subset)))
    return versions.size === 1 ? [...versions][0] : undefined
  }

  /** Nothing is under way, and nothing will begin by itself. */
  isSettled(): boolean {
    const rollout = this.rollout()
    const { observedGeneration, release } = this.status()
    if (rollout === undefined || observedGeneration !== rollout.metadata?.generation) return false
    const isIdle = release === undefined || release.phase === 'Done'
    return isIdle && /^(Ready|Stalled)\//.test(standing(this.status()))
  }

  /** The release of a version is over, or never was. */
  isOver(): boolean {
    const { release } = this.status()
    return this.rollout() === undefined || release?.phase === 'Done'
  }

  /** Ends the load. The namespace stays, for a look at it. */
  async close(): Promise<void> {
    await this.#load?.stop()
  }

  async rest(): Promise<Rest> {
    const { namespace } = this
    const scalers = this.shop.config.makeApiClient(AutoscalingV2Api)
    const { items } = await scalers.listNamespacedHorizontalPodAutoscaler({ namespace })
    const readyPods = { [this.routed() ?? '']: await this.shop.readyPods(this.routed() ?? '') }
    const autoscalers = items.map(({ metadata }) => ({ annotations: metadata?.annotations ?? {} }))
    return {
      rollout: this.rollout(),
      routes: this.routes(),
      rule: this.rule(),
      readyPods,
      autoscalers,
    }
  }
}
