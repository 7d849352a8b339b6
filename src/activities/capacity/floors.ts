import { desiredWeight } from '../../core/machine/state.ts'
import type { ReleaseState, Side } from '../../core/machine/state.ts'
import { growing, podsNeeded } from '../../core/policy/capacity.ts'
import { autoscalerOf, giveBackFloor, holdFloor } from '../../core/policy/floors.ts'
import type { AutoscalerView, Floor, FloorEdit } from '../../core/policy/floors.ts'
import { RefusedError } from '../../ports.ts'
import type { Changed, Ports, WorkloadView } from '../../ports.ts'
import { writerOf } from '../../core/traffic/context.ts'
import { workloadsOf } from '../context.ts'
import { isCurrent } from './current.ts'

/** Least time between two writes against somebody who goes on writing other floors (milliseconds). */
const AGAIN_MS = 30_000

/**
 * Holds the floors of autoscalers while a release is under way: stable's at the pods that it had at the start, so that a
 * rollback finds them all; the canary's at what its weight needs. Costs nothing where nothing is to be written.
 */
export class Floors {
  readonly #ports: Ports
  readonly #state: ReleaseState
  #heldAt = -Infinity

  constructor(ports: Ports, state: ReleaseState) {
    this.#ports = ports
    this.#state = state
  }

  /** Holds what is not held, or what somebody else lowered. */
  async keep(): Promise<void> {
    const { plan, stablePods } = this.#state
    const now = this.#ports.clock.now()
    if (plan.capacity !== 'Managed' || stablePods === 0 || now - this.#heldAt < AGAIN_MS) return
    if (!isCurrent(this.#ports, this.#state)) return
    const written = [await this.#holdStable(), await this.#holdCanary()]
    if (written.includes(true)) this.#heldAt = now
  }

  async #holdStable(): Promise<boolean> {
    const { stablePods, stable } = this.#state
    const workloads = workloadsOf(this.#ports, this.#state, stable?.version ?? '')
    const until = `until ${stable?.version} is retired`
    let isWritten = false
    for (const workload of workloads) {
      const autoscaler = autoscalerFor(this.#ports, workload)
      if (autoscaler === undefined) continue
      const floor = workloads.length === 1 ? stablePods : shareOf(workload, autoscaler)
      isWritten = (await raiseFloor(this.#ports, this.#state, { autoscaler, floor, why: until })) || isWritten
    }
    return isWritten
  }

  async #holdCanary(): Promise<boolean> {
    const weight = desiredWeight(this.#state)
    if (weight === 0) return false
    const workloads = workloadsOf(this.#ports, this.#state, this.#state.version)
    const grown = growing(workloads, podsNeeded(weight, this.#state.stablePods))
    const autoscaler = grown && autoscalerFor(this.#ports, grown.workload)
    if (grown === undefined || autoscaler === undefined) return false
    return raiseFloor(this.#ports, this.#state, {
      autoscaler,
      floor: grown.to,
      why: `which ${weight} % needs`,
    })
  }
}

/** Of several workloads of stable each keeps what it has. */
function shareOf({ replicas = 0 }: WorkloadView, { hold }: AutoscalerView): number {
  return hold?.floor ?? replicas
}

/** The autoscaler of a workload, as cached. */
export function autoscalerFor(ports: Ports, workload: WorkloadView): AutoscalerView | undefined {
  return autoscalerOf(workload, ports.scaling.autoscalers(workload.namespace))
}

/** Raises a floor and holds it; tells whether anything was tried. Without the right to do so the release goes on. */
export async function raiseFloor(
  ports: Ports,
  state: ReleaseState,
  what: { readonly autoscaler: AutoscalerView; readonly floor: number; readonly why: string },
): Promise<boolean> {
  const { autoscaler, floor, why } = what
  const edit: FloorEdit = (now) =>
    isCurrent(ports, state) ? holdFloor(writerOf(state), floor)(now) : undefined
  if (edit(autoscaler) === undefined) return false
  const changed = await setFloor(ports, state, { autoscaler, edit })
  if (changed && changed.from.minReplicas !== changed.to.minReplicas) {
    const from = changed.from.minReplicas
    const to = changed.to.minReplicas
    const limit = to < floor ? `; its maxReplicas allows no more than that of ${floor}` : ''
    await ports.store.record(state.rollout, {
      type: 'Normal',
      reason: 'FloorHeld',
      message: `HorizontalPodAutoscaler ${autoscaler.name}: minReplicas ${from} → ${to}, ${why}${limit}`,
      seq: state.seq,
    })
  }
  return true
}

/** Gives back the floors of some sides that this Rollout holds, exactly as they were. */
export async function giveBackFloors(
  ports: Ports,
  state: ReleaseState,
  sides: readonly Side[],
): Promise<void> {
  const edit = giveBackFloor(writerOf(state))
  for (const workload of sides.flatMap(({ version }) => workloadsOf(ports, state, version))) {
    const autoscaler = autoscalerFor(ports, workload)
    if (autoscaler && edit(autoscaler)) await setFloor(ports, state, { autoscaler, edit })
  }
}

/** What is not allowed is reported, and harms no more than that an autoscaler does as it likes. */
async function setFloor(
  ports: Ports,
  state: ReleaseState,
  { autoscaler, edit }: { readonly autoscaler: AutoscalerView; readonly edit: FloorEdit },
): Promise<Changed<Floor> | undefined> {
  try {
    return await ports.scaling.setFloor(autoscaler, edit)
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    await reportRefused(ports, state, autoscaler, error)
    return undefined
  }
}

async function reportRefused(
  ports: Ports,
  state: ReleaseState,
  { name }: AutoscalerView,
  error: RefusedError,
): Promise<void> {
  await ports.store.record(state.rollout, {
    type: 'Warning',
    reason: 'FloorRefused',
    message: `minReplicas of HorizontalPodAutoscaler ${name} could not be written: ${error.message}`,
    seq: state.seq,
  })
}
