import { activityInfo } from '@temporalio/activity'
import type { FaultStatus, VerdictStatus } from '../api/v1alpha1/status.ts'
import type { ResultEvent } from '../core/machine/event.ts'
import { readState } from '../core/machine/older.ts'
import type { ReleaseState } from '../core/machine/state.ts'
import { transition } from '../core/machine/transition.ts'
import { eventsOf } from '../core/status/events.ts'
import { servingNames, versionsInUse } from '../core/status/serving.ts'
import { statusOf } from '../core/status/status.ts'
import type { StatusContext } from '../core/status/status.ts'
import type { RolloutStatus } from '../api/v1alpha1/status.ts'
import type { Ports } from '../ports.ts'
import { workloadsOf } from './context.ts'

/** What an action found besides its event, for the status. */
export interface Outcome {
  readonly event: ResultEvent
  readonly verdicts?: readonly VerdictStatus[]
  /** Percent that the proxies were seen to send to the canary. */
  readonly observed?: number
  /** The next action writes the status soon, and knows more by then. */
  readonly quiet?: true
  /** Does the status, as it stands now, show that this action was overtaken? Then it is tried again. */
  readonly isOvertaken?: (status: RolloutStatus) => boolean
}

type Extras = Pick<Outcome, 'verdicts' | 'observed' | 'isOvertaken'> & {
  /** The fault probe under way. */
  readonly fault?: FaultStatus
}

/**
 * Makes an activity of an action: does it, writes the status of the state that its event leads to, and returns the
 * event. So the status of a raise stands in the cluster before the raise is begun, and a status never waits for a
 * round trip to the workflow.
 */
export function performing(
  ports: Ports,
  action: (ports: Ports, state: ReleaseState) => Promise<Outcome>,
): (state: ReleaseState) => Promise<ResultEvent> {
  return async (told) => {
    const state = readState(told)
    const outcome = await action(ports, state)
    await conclude(ports, state, outcome)
    return outcome.event
  }
}

async function conclude(ports: Ports, before: ReleaseState, outcome: Outcome): Promise<void> {
  const after = transition(before, outcome.event)
  if (!outcome.quiet || after.phase === 'Done') await writeStatus(ports, after, outcome)
  ports.reporter.moved(before, after)
  for (const event of eventsOf(before, after, outcome.event)) await ports.store.record(before.rollout, event)
}

/** Writes the status of a state, unless a later action has. Throws when the action was overtaken, as far as it can tell. */
export async function writeStatus(
  ports: Ports,
  state: ReleaseState,
  extras: Extras & Pick<StatusContext, 'message' | 'reason'> = {},
): Promise<void> {
  const workflow = currentWorkflow()
  await ports.store.updateStatus(state.rollout, (prior) => {
    if (extras.isOvertaken?.(prior) === true)
      throw new Error('a later action of the workflow has looked since')
    const status = statusOf(state, {
      prior,
      now: ports.clock.now(),
      ...(workflow && { workflow }),
      ...(extras.message !== undefined && { message: extras.message }),
      ...(extras.reason !== undefined && { reason: extras.reason }),
    })
    const serving = servingOf(ports, state) ?? prior.serving
    return status && { ...withExtras(status, ports, extras), ...(serving && { serving }) }
  })
}

function withExtras(status: RolloutStatus, ports: Ports, extras: Extras): RolloutStatus {
  const { verdicts, observed, fault } = extras
  const seen = observed === undefined ? {} : { observed, observedBy: ports.propagation.name }
  return {
    ...status,
    ...(verdicts && { verdicts: [...verdicts] }),
    ...(fault && { faults: [...(status.faults ?? []).filter(({ name }) => name !== fault.name), fault] }),
    ...(status.weight && { weight: { ...status.weight, ...seen } }),
  }
}

/** Names of the workloads that nobody should take away now. */
function servingOf(ports: Ports, state: ReleaseState): string[] | undefined {
  const versions = versionsInUse(state)
  return versions && servingNames(versions.flatMap((version) => workloadsOf(ports, state, version)))
}

/** The execution on whose behalf this runs. */
export function currentWorkflow(): { id: string; runId: string } | undefined {
  const execution = activityInfo().workflowExecution
  return execution && { id: execution.workflowId, runId: execution.runId }
}
