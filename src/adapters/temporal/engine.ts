import type { Client } from '@temporalio/client'
import { ACTING_QUEUE, RELEASE_WORKFLOW, rolloutOfWorkflow, workflowId } from '../../api/names.ts'
import type { Wanted } from '../../core/machine/state.ts'
import type { Engine } from '../../ports.ts'
import { readableError } from './errors.ts'
import type { release } from '../../workflows/release.ts'

/** Deadline of a start or signal (milliseconds): an engine that is slower counts as unreachable. */
const DEADLINE_MS = 5_000
/** Name of the signal; the workflow defines it (see workflows/messages). */
const WANTED = 'wanted'

/** Starts a Rollout's workflow, or signals the one that runs. Throws an Error that says what keeps it from that. */
export function temporalEngine(client: Client, cluster: string): Engine {
  return {
    deliver: async ({ namespace, name, uid }, wanted) => {
      const start = async () =>
        client.workflow.signalWithStart<typeof release, [Wanted]>(RELEASE_WORKFLOW, {
          workflowId: workflowId(cluster, { namespace, name }),
          taskQueue: ACTING_QUEUE,
          args: [{ rollout: { namespace, name, uid }, wanted }],
          signal: WANTED,
          signalArgs: [wanted],
        })
      try {
        await client.withDeadline(Date.now() + DEADLINE_MS, start)
      } catch (error) {
        throw readableError(error, client.options.namespace)
      }
    },
    open: async () => {
      try {
        return await client.withDeadline(Date.now() + DEADLINE_MS, async () => openKeys(client, cluster))
      } catch (error) {
        throw readableError(error, client.options.namespace)
      }
    },
  }
}

const OPEN = `WorkflowType = "${RELEASE_WORKFLOW}" AND ExecutionStatus = "Running"`

async function openKeys(client: Client, cluster: string): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  for await (const execution of client.workflow.list({ query: OPEN })) {
    const key = rolloutOfWorkflow(cluster, execution.workflowId)
    if (key !== undefined) keys.add(key)
  }
  return keys
}
