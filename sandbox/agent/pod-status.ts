import type {
  V1ContainerState,
  V1ContainerStateTerminated,
  V1Pod,
  V1PodCondition,
  V1PodStatus,
} from '@kubernetes/client-node'
import type { PodPlan, Refusal } from './pod-plan.ts'

/** What the agent knows about a pod's container. */
export interface ContainerView {
  state: V1ContainerState
  ready: boolean
  restarts: number
  last?: V1ContainerStateTerminated
}

type Condition = [type: string, holds: boolean, reason?: string, message?: string]

/** The view of a container that has not been started yet. */
export const CREATING: ContainerView = {
  state: { waiting: { reason: 'ContainerCreating' } },
  ready: false,
  restarts: 0,
}

/**
 * The status of a pod that runs or will run.
 * @param previous the status published before: times of what has not changed are taken from it
 */
export function runningStatus(plan: PodPlan, view: ContainerView, previous: V1PodStatus = {}): V1PodStatus {
  const { container: name, image } = plan
  const notReady: [string?, string?] = view.ready
    ? []
    : ['ContainersNotReady', `containers with unready status: [${name}]`]
  const started = view.state.running !== undefined
  const everStarted =
    started || view.restarts > 0 || view.last !== undefined || view.state.terminated !== undefined
  return {
    phase: everStarted ? 'Running' : 'Pending',
    startTime: previous.startTime ?? new Date(),
    conditions: conditions(previous, [
      ['PodScheduled', true],
      ['Initialized', true],
      ['ContainersReady', view.ready, ...notReady],
      ['Ready', view.ready, ...notReady],
    ]),
    containerStatuses: [
      {
        name,
        image,
        imageID: image,
        ready: view.ready,
        started,
        restartCount: view.restarts,
        state: view.state,
        lastState: view.last ? { terminated: view.last } : {},
      },
    ],
  }
}

/** The status of a pod that the agent does not run. */
export function refusedStatus(pod: V1Pod, refusal: Refusal, previous: V1PodStatus = {}): V1PodStatus {
  const { message } = refusal
  const unready: [boolean, string, string] = [false, 'NotSupportedBySandbox', message]
  return {
    phase: 'Pending',
    reason: 'NotSupportedBySandbox',
    message,
    startTime: previous.startTime ?? new Date(),
    conditions: conditions(previous, [
      ['PodScheduled', true],
      ['Initialized', true],
      ['ContainersReady', ...unready],
      ['Ready', ...unready],
    ]),
    containerStatuses: (pod.spec?.containers ?? []).map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason: 'NotSupportedBySandbox', message } },
      lastState: {},
    })),
  }
}

function conditions(previous: V1PodStatus, wanted: Condition[]): V1PodCondition[] {
  return wanted.map(([type, holds, reason, message]) => {
    const status = holds ? 'True' : 'False'
    const before = previous.conditions?.find((condition) => condition.type === type)
    const since = before?.status === status ? before.lastTransitionTime : undefined
    const why = reason === undefined ? {} : { reason, message: message ?? '' }
    return { type, status, lastTransitionTime: since ?? new Date(), ...why }
  })
}

/** How long, in milliseconds, the first restart of a container waits. */
const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000
/** A container that ran this long begins anew with the first delay. */
const HEALTHY_RUN_MS = 60_000

/**
 * How long to wait before a restart, in milliseconds.
 * @param previousMs the delay before the run that has just ended, 0 before the first run
 * @param ranMs how long that run was
 */
export function restartDelay(previousMs: number, ranMs: number): number {
  if (previousMs === 0 || ranMs >= HEALTHY_RUN_MS) return FIRST_DELAY_MS
  return Math.min(2 * previousMs, LONGEST_DELAY_MS)
}
