import { MockActivityEnvironment } from '@temporalio/testing'
import { actingActivities, observingActivities } from '../../src/activities/index.ts'
import type { Action } from '../../src/activities/index.ts'
import type { ResultEvent } from '../../src/core/machine/event.ts'
import type { Phase, ReleaseState } from '../../src/core/machine/state.ts'
import { pauseOf } from '../../src/core/machine/timers.ts'
import { transition } from '../../src/core/machine/transition.ts'
import type { Ports } from '../../src/ports.ts'

/** Does the action of a state as a worker would. */
export async function act(ports: Ports, state: ReleaseState, attempt = 1): Promise<ResultEvent> {
  const { clock } = ports
  if (pauseOf(state, clock.now()) !== undefined) return { type: 'Elapsed', seq: state.seq, at: clock.now() }
  const action = workerOf(ports)[state.phase]
  if (action === undefined) throw new Error(`${state.phase} has no action`)
  const isFirst = state.phase === 'Preflight' && state.seq === FIRST_SEQ
  if (isFirst) runs.set(ports, (runs.get(ports) ?? 0) + 1)
  const workflowExecution = { workflowId: 'release', runId: `run-${runs.get(ports) ?? 0}` }
  return new MockActivityEnvironment({ workflowExecution, attempt }).run(action, state)
}

/** With what an execution begins. */
const FIRST_SEQ = 1
/** How many executions have begun. */
const runs = new WeakMap<Ports, number>()

/** Drives a release, without pauses, to its end. Tells the phases that it went through. */
export async function drive(ports: Ports, start: ReleaseState): Promise<{ end: ReleaseState; way: Phase[] }> {
  let state = start
  const way: Phase[] = []
  while (state.phase !== 'Done') {
    way.push(state.phase)
    state = transition(state, await act(ports, state))
  }
  return { end: state, way }
}

const workers = new WeakMap<Ports, Partial<Record<Phase, Action>>>()

/** What a worker remembers from one attempt to the next goes with its ports. */
function workerOf(ports: Ports): Partial<Record<Phase, Action>> {
  const actions = workers.get(ports) ?? actionsOf(ports)
  workers.set(ports, actions)
  return actions
}

function actionsOf(ports: Ports): Partial<Record<Phase, Action>> {
  const acting = actingActivities(ports)
  const observing = observingActivities(ports)
  return {
    Preflight: acting.preflight,
    Preparing: observing.prepare,
    Raising: acting.raise,
    Probing: observing.probe,
    Observing: observing.observe,
    Promoting: acting.promote,
    Retiring: observing.retire,
    Lowering: acting.lower,
    Cleaning: observing.clean,
    Forgetting: acting.forget,
  }
}
