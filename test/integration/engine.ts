import { Client, Connection } from '@temporalio/client'
import type { SandboxEnv } from '../../sandbox/env.ts'
import type { Shop } from '../../sandbox/kit/shop.ts'
import { workflowId } from '../../src/api/names.ts'

/** The workflow of a shop's Rollout, as Temporal tells of it. */
export interface Engine {
  /** Id of the latest run. */
  runId(): Promise<string>
  /** Process ids of the workers that have an activity of it in hand. */
  workers(): Promise<number[]>
  /** Ends it by force, as an operator may. */
  terminate(): Promise<void>
  close(): Promise<void>
}

/** Connects to the sandbox's Temporal. */
export async function engineOf(env: SandboxEnv, shop: Shop): Promise<Engine> {
  const connection = await Connection.connect({ address: env.temporal })
  const { workflow } = new Client({ connection })
  const id = workflowId('default', { namespace: shop.namespace, name: 'reviews' })
  const describe = async () => workflow.getHandle(id).describe()
  return {
    runId: async () => (await describe()).runId,
    workers: async () => {
      const pending = (await describe()).raw.pendingActivities ?? []
      // A worker calls itself PID@HOST.
      return pending.flatMap(({ lastWorkerIdentity }) => Number.parseInt(lastWorkerIdentity ?? '', 10) || [])
    },
    terminate: async () => void (await workflow.getHandle(id).terminate('for a test')),
    close: async () => connection.close(),
  }
}
