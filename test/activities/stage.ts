import { initialState } from '../../src/core/machine/state.ts'
import type { ReleaseState, Wanted } from '../../src/core/machine/state.ts'
import { transition } from '../../src/core/machine/transition.ts'
import type { Plan } from '../../src/core/plan.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import { withoutSubset } from '../../src/core/traffic/subsets.ts'
import type { DestinationRule, RouteDestination, VirtualService } from '../../src/core/traffic/types.ts'
import { ROLLOUT, SERVICE, aPlan, aVirtualService, aWanted, primary } from '../core/shop.ts'
import { FakeCluster } from '../fakes/cluster.ts'
import { FakeShop } from '../fakes/shop.ts'
import { act } from './drive.ts'

/** Steps of no length, so that requests alone decide. */
const PLAN = aPlan({
  steps: [5, 100].map((weight) => ({ weight, holdMs: 0 })),
  intervalMs: 20,
  warmupMs: 0,
  retireAfterMs: 0,
})

/** The shop in memory with two pods of v1 and of v2 each, v1 to users, and a release of v2 by its real activities. */
export class Stage {
  readonly cluster = new FakeCluster(Date.now, 10)
  readonly shop = new FakeShop(this.cluster)

  constructor() {
    this.shop.run('v1', 2)
    this.shop.run('v2', 2)
    this.answer('v1', 0)
  }

  /** A version answers very many requests, with a share of errors. */
  answer(version: string, errors: number): void {
    const flow = { service: fullHost(SERVICE), version, perSecond: 20_000, errors }
    this.cluster.metrics.flow(flow, Date.now() - 10_000)
  }

  /** A release that is about to begin. */
  start(changes: Partial<Wanted> = {}, plan: Partial<Plan> = {}, seq = 0): ReleaseState {
    const wanted = aWanted({ plan: { ...PLAN, ...plan }, templateHash: '', ...changes })
    return initialState(ROLLOUT, wanted, Date.now(), seq)
  }

  /** The release, as far as its first action in a phase. */
  async until(phase: ReleaseState['phase'], from: ReleaseState = this.start()): Promise<ReleaseState> {
    let state = from
    while (state.phase !== phase) {
      if (state.phase === 'Refused') throw new Error(state.findings.map(({ message }) => message).join('; '))
      state = await this.next(state)
    }
    return state
  }

  /** Does the action of a state. */
  async next(state: ReleaseState): Promise<ReleaseState> {
    return transition(state, await act(this.cluster.ports, state))
  }

  /** The Rollout changes while a release is under way. */
  want(state: ReleaseState, changes: Partial<Wanted>): ReleaseState {
    const wanted = { ...state.wanted, ...changes }
    return transition(state, { type: 'Wanted', at: Date.now(), wanted })
  }

  /** A stranger writes the VirtualService. */
  write(edit: (object: VirtualService) => VirtualService): void {
    this.cluster.store.change<VirtualService & { readonly [field: string]: unknown }>(
      'VirtualService',
      SERVICE,
      edit,
    )
  }

  /** A stranger writes the destinations of the managed route. */
  divide(...route: RouteDestination[]): void {
    const { spec } = aVirtualService(route)
    this.write((object) => ({ ...object, spec }))
  }

  /** A stranger takes a subset out of the DestinationRule. */
  dropSubset(name: string): void {
    this.cluster.store.change<DestinationRule & { readonly [field: string]: unknown }>(
      'DestinationRule',
      SERVICE,
      (object) => ({ ...object, ...withoutSubset(object, name) }),
    )
  }

  /** Names of the subsets in the DestinationRule. */
  get subsets(): string[] {
    return (this.shop.destinationRule.spec.subsets ?? []).map(({ name }) => name)
  }

  /** Subset and weight of each destination of the managed route. */
  get route(): unknown[] {
    return (primary(this.shop.virtualService).route ?? []).map(({ destination, weight }) => [
      destination.subset,
      weight,
    ])
  }

  /** Reasons of the events that were recorded. */
  get reasons(): string[] {
    return this.cluster.rollouts.events.map(({ event }) => event.reason)
  }

  /** Runs a workload beside the shop, of another app. */
  runOther(app: string, version: string): void {
    const template = { metadata: { labels: { app, version } } }
    const metadata = { namespace: SERVICE.namespace, name: `${app}-${version}` }
    this.cluster.store.create({ kind: 'Deployment', metadata, spec: { replicas: 3, template } })
  }

  /** Replicas that a Deployment asks for. */
  replicasOf(name: string): unknown {
    const object = this.cluster.store.read('Deployment', { namespace: SERVICE.namespace, name })
    return (object?.['spec'] as { replicas?: number } | undefined)?.replicas
  }
}
