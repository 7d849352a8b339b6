import { durationText } from '../../api/quantities.ts'
import type { ResultEvent } from '../../core/machine/event.ts'
import type { ReleaseState } from '../../core/machine/state.ts'
import {
  growing,
  isShort,
  podsAwaited,
  podsNeeded,
  remedyOf,
  replicasOf,
} from '../../core/policy/capacity.ts'
import type { PodCount } from '../../core/policy/capacity.ts'
import type { AutoscalerView } from '../../core/policy/floors.ts'
import { RefusedError } from '../../ports.ts'
import type { Ports, WorkloadView } from '../../ports.ts'
import { readyPods, workloadsOf } from '../context.ts'
import { isCurrent } from './current.ts'
import { autoscalerFor, raiseFloor } from './floors.ts'

/** Least time between two tries, against somebody who takes the replicas away again (milliseconds). */
const AGAIN_MS = 10_000

type Growth = NonNullable<ReturnType<typeof growing<WorkloadView>>> & {
  readonly autoscaler: AutoscalerView | undefined
}

/** The canary's pods, against what a weight needs; asks for those that are missing, where that is Sluice's to do. */
export class CanaryPods {
  readonly #ports: Ports
  readonly #state: ReleaseState
  readonly #weight: number
  #waitsSince: number | undefined
  #askedAt = -Infinity
  #isWaiting = false

  /**
   * @param weight percent of requests that is to come
   * @param since when waiting began, milliseconds since the epoch; absent: at the first call of {@link late}
   */
  constructor(ports: Ports, state: ReleaseState, weight: number, since?: number) {
    this.#ports = ports
    this.#state = state
    this.#weight = weight
    // Nobody knows how long the pods of an earlier attempt were the user's to bring.
    this.#waitsSince = state.plan.capacity === 'Manual' ? undefined : since
  }

  /** What the weight waits for, in words; undefined when enough pods are ready. */
  awaited(): string | undefined {
    return podsAwaited(this.#count(), this.#state.plan.capacity)
  }

  /** Pods that were missing at the last call of {@link late} are ready; told once. */
  haveCome(): boolean {
    if (!this.#isWaiting || this.awaited() !== undefined) return false
    this.#isWaiting = false
    return true
  }

  /** Asks for the pods that are missing, with `capacity: Managed`. Costs nothing where none are. */
  async ask(): Promise<void> {
    const now = this.#ports.clock.now()
    const isAsking = this.#state.plan.capacity === 'Managed' && now - this.#askedAt >= AGAIN_MS
    const growth = isAsking && isCurrent(this.#ports, this.#state) ? this.#growth() : undefined
    if (growth === undefined) return
    if (await this.#grow(growth)) this.#askedAt = now
  }

  /** The end of a release whose pods are not ready in time. What only the user can bring has all the time he takes. */
  late(): ResultEvent | undefined {
    const { plan, seq } = this.#state
    const count = this.#count()
    const at = this.#ports.clock.now()
    this.#isWaiting = true
    if (this.#waitsSince === undefined || (plan.capacity === 'Manual' && isShort(count)))
      this.#waitsSince = at
    if (at < this.#waitsSince + plan.progressDeadlineMs) return undefined
    const { ready, needed, version } = count
    const pods = `${ready} of ${needed} needed pods of ${version} were ready`
    const message = `${pods} after ${durationText(plan.progressDeadlineMs)}${remedyOf(count, plan.capacity)}`
    return { type: 'DeadlineExceeded', seq, at, message }
  }

  #count(): PodCount {
    const { version } = this.#state
    const growth = this.#growth()
    const { name, maxReplicas = Infinity } = growth?.autoscaler ?? {}
    return {
      version,
      needed: this.#needed(),
      ready: readyPods(this.#ports, this.#state, version),
      replicas: replicasOf(this.#workloads()),
      ...(name !== undefined && maxReplicas < (growth?.to ?? 0) && { ceiling: { name, maxReplicas } }),
    }
  }

  #needed(): number {
    return podsNeeded(this.#weight, this.#state.stablePods)
  }

  #workloads(): readonly WorkloadView[] {
    return workloadsOf(this.#ports, this.#state, this.#state.version)
  }

  #growth(): Growth | undefined {
    const found = growing(this.#workloads(), this.#needed())
    return found && { ...found, autoscaler: autoscalerFor(this.#ports, found.workload) }
  }

  /** Tells whether anything was tried. An autoscaler brings the pods itself, unless it sleeps at 0 replicas. */
  async #grow({ workload, to, autoscaler }: Growth): Promise<boolean> {
    const why = `which ${this.#weight} % needs`
    const isHeld =
      autoscaler !== undefined && (await raiseFloor(this.#ports, this.#state, { autoscaler, floor: to, why }))
    const isAwake = autoscaler !== undefined && workload.replicas > 0
    if (isAwake || workload.replicas >= to) return isHeld
    await this.#scaleUp(workload, Math.min(to, autoscaler?.maxReplicas ?? to), why)
    return true
  }

  async #scaleUp(workload: WorkloadView, to: number, why: string): Promise<void> {
    const { rollout, seq } = this.#state
    const what = `${workload.resource}/${workload.name}`
    try {
      const changed = await this.#ports.scaling.scale(workload, (now) =>
        now < to && isCurrent(this.#ports, this.#state) ? to : undefined,
      )
      if (changed === undefined) return
      const message = `${what}: ${changed.from} → ${changed.to} replicas, ${why}`
      await this.#ports.store.record(rollout, { type: 'Normal', reason: 'ScaledUp', message, seq })
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error
      const message = `${what} was not scaled to ${to}: ${error.message}; scale it up yourself`
      await this.#ports.store.record(rollout, { type: 'Warning', reason: 'ScaleUpRefused', message, seq })
    }
  }
}
