import { MockActivityEnvironment } from '@temporalio/testing'
import { until as repeated } from '../../sandbox/until.ts'
import { observingActivities } from '../../src/activities/index.ts'
import type { RolloutStatus } from '../../src/api/v1alpha1/status.ts'
import type { ProbeMemory } from '../../src/activities/probe/memory.ts'
import { arrivalQueries } from '../../src/core/faults/arrivals.ts'
import { injectFault } from '../../src/core/faults/edits.ts'
import { recordOf } from '../../src/core/faults/of-release.ts'
import type { PlannedFault } from '../../src/core/faults/planned.ts'
import { faultsOf } from '../../src/core/faults/record.ts'
import type { FaultRecord } from '../../src/core/faults/record.ts'
import type { ReleaseState } from '../../src/core/machine/state.ts'
import { transition } from '../../src/core/machine/transition.ts'
import type { ResultEvent } from '../../src/core/machine/event.ts'
import type { Plan } from '../../src/core/plan.ts'
import { fullHost } from '../../src/core/traffic/hosts.ts'
import type { VirtualService } from '../../src/core/traffic/types.ts'
import { SERVICE } from '../core/shop.ts'
import { Stage } from './stage.ts'

export const RATINGS = { namespace: SERVICE.namespace, name: 'ratings' }
const HOST = fullHost(RATINGS)
const SCRAPE_MS = 10

/** A fault probe of the dependency `ratings` that is over soon. */
export function aFault(changes: Partial<PlannedFault> = {}): PlannedFault {
  return {
    name: 'ratings-down',
    dependency: HOST,
    abort: { percent: 100, httpStatus: 503 },
    durationMs: 300,
    recoveryMs: 300,
    required: true,
    ...changes,
  }
}

/** How a canary takes it: shares of its answers that are errors, 0–1. */
interface Manner {
  readonly under?: number
  readonly after?: number
  /** Its calls meet the fault. */
  readonly arrives?: boolean
}

type StoredVirtualService = VirtualService & { readonly [field: string]: unknown }

/** The shop with a second service, which v2 calls. */
export class ProbeStage extends Stage {
  /** Every version of the dependency's VirtualService that had a fault of ours. */
  readonly seen: FaultRecord[] = []
  /** The canary's weight whenever a fault was taken out. */
  readonly weightsAfter: unknown[] = []
  readonly manner: Manner
  #stands = false

  /** @param hasRoutes the dependency has a VirtualService of its own */
  constructor(manner: Manner = {}, hasRoutes = true) {
    super()
    this.manner = { arrives: true, ...manner }
    this.answer('v2', 0)
    if (hasRoutes) this.cluster.store.create(ratings())
    this.cluster.store.subscribe((object, what) => {
      const isRatings = ((object['spec'] as VirtualService['spec'] | undefined)?.['hosts'] ?? []) as string[]
      if (object.kind === 'VirtualService' && isRatings.some((host) => host === 'ratings' || host === HOST))
        this.#follow(what === 'deleted' ? undefined : (object as unknown as VirtualService))
    })
  }

  /** A release that is about to probe its canary. Preflight has not seen the probe: it has tests of its own. */
  async probing(fault: Partial<PlannedFault> = {}, plan: Partial<Plan> = {}): Promise<ReleaseState> {
    const planned = aFault(fault)
    const steps = [
      { weight: 5, holdMs: 0, faults: [planned.name] },
      { weight: 100, holdMs: 0 },
    ]
    const cleared = await this.until('Preparing', this.start({}, plan))
    const probed = { ...cleared, plan: { ...cleared.plan, steps, faults: [planned], ...plan } }
    return this.until('Probing', probed)
  }

  /** Runs the probe as a worker does, with a hand on it. */
  run(state: ReleaseState, info: { attempt?: number; heartbeatDetails?: unknown } = {}): Attempt {
    return new Attempt(this, state, info)
  }

  /** The dependency's VirtualService, if it has one of its own. */
  get ratings(): VirtualService | undefined {
    return this.cluster.store.read('VirtualService', RATINGS) as unknown as VirtualService | undefined
  }

  /** All faults of ours that stand. */
  get faults(): FaultRecord[] {
    const all = this.cluster.store.list('VirtualService') as unknown as VirtualService[]
    return all.flatMap(faultsOf)
  }

  /** What the status tells of the probes. */
  get told(): NonNullable<RolloutStatus['faults']> {
    return this.shop.status.faults ?? []
  }

  /** The fault of a release's probe stands, as an attempt wrote it that died. */
  stand(state: ReleaseState): NonNullable<ProbeMemory['injected']> {
    const fault = state.plan.faults?.[0] ?? aFault()
    const now = Date.now()
    const record = recordOf(state, fault, {
      meets: { kind: 'Callers', namespace: SERVICE.namespace, labels: { app: 'reviews', version: 'v2' } },
      now,
    })
    this.writeRatings((object) => {
      const edited = injectFault(record, SERVICE.namespace)(object)
      if ('refused' in edited) throw new Error(edited.refused)
      return edited.object
    })
    return { ref: { kind: 'VirtualService', ...RATINGS }, at: now, expiresAt: now + fault.durationMs }
  }

  setPaused(paused: boolean): void {
    this.cluster.store.change('Rollout', SERVICE, (object) => ({ ...object, spec: { paused } }))
  }

  /** A stranger writes the dependency's VirtualService. */
  writeRatings(edit: (object: VirtualService) => VirtualService): void {
    this.cluster.store.change<StoredVirtualService>('VirtualService', RATINGS, (object) => ({
      ...object,
      ...edit(object),
    }))
  }

  #follow(object: VirtualService | undefined): void {
    const records = object === undefined ? [] : faultsOf(object)
    const carries = object?.spec.http?.some((route) => route['fault'] !== undefined) === true
    if (records[0] !== undefined && carries && !this.#stands) this.#begins(records[0])
    else if (!carries && this.#stands) this.#ends()
  }

  #begins(record: FaultRecord): void {
    this.#stands = true
    this.seen.push(record)
    const { under = 0, arrives } = this.manner
    this.answer2(under)
    if (arrives) this.meet(Date.now())
  }

  #ends(): void {
    this.#stands = false
    this.weightsAfter.push(this.route)
    this.answer2(this.manner.after ?? 0)
  }

  /** From now on the canary answers so. */
  answer2(errors: number, perSecond = 20_000): void {
    const flow = { service: fullHost(SERVICE), version: 'v2', perSecond, errors }
    this.cluster.metrics.flow(flow, Date.now())
  }

  /** From a moment on calls of the canary meet a fault. */
  meet(since: number): void {
    const { total } = arrivalQueries({ namespace: SERVICE.namespace, workloads: ['reviews-v2'] })
    const first = Math.ceil(since / SCRAPE_MS) * SCRAPE_MS + SCRAPE_MS
    const samples = Array.from({ length: 1000 }, (_, index): [number, number] => [
      first + index * SCRAPE_MS,
      (index + 1) * 20,
    ])
    this.cluster.queries.count(total, [{ instance: 'reviews-v2-0', version: 'reviews-v2', samples }])
  }
}

/** One attempt of the activity. */
export class Attempt {
  readonly ended: Promise<ResultEvent>
  readonly #environment: MockActivityEnvironment
  readonly #state: ReleaseState
  /** What the last heartbeat carried. */
  heartbeat: unknown

  constructor(
    stage: ProbeStage,
    state: ReleaseState,
    info: { attempt?: number; heartbeatDetails?: unknown },
  ) {
    this.#environment = new MockActivityEnvironment(info)
    this.#environment.on('heartbeat', (details: unknown) => {
      this.heartbeat = JSON.parse(JSON.stringify(details))
    })
    this.#state = state
    this.ended = this.#environment.run(observingActivities(stage.cluster.ports).probe, state)
    this.ended.catch(() => undefined)
  }

  /** The state that its event leads to. */
  async next(): Promise<ReleaseState> {
    return transition(this.#state, await this.ended)
  }

  cancel(): void {
    this.#environment.cancel('CANCELLED')
  }
}

function ratings(): StoredVirtualService {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { ...RATINGS },
    spec: { hosts: ['ratings'], http: [{ name: 'all', route: [{ destination: { host: 'ratings' } }] }] },
  }
}

/** Resolves when nothing of it throws any more. */
export async function until(check: () => void): Promise<void> {
  await repeated(async () => Promise.resolve(check()), 10_000)
}
